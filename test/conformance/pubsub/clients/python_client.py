"""Google's Python client against the server at PUBSUB_EMULATOR_HOST: what research teams' own programs do with it."""
import sys
import threading

from google.api_core.exceptions import NotFound
from google.cloud import pubsub_v1

PROJECT = sys.argv[1]
COUNT = 500

publisher = pubsub_v1.PublisherClient(
    publisher_options=pubsub_v1.types.PublisherOptions(enable_message_ordering=True)
)
subscriber = pubsub_v1.SubscriberClient()
topic = publisher.topic_path(PROJECT, "python")
subscription = subscriber.subscription_path(PROJECT, "python")
publisher.create_topic(name=topic)
subscriber.create_subscription(
    request={"name": subscription, "topic": topic, "enable_message_ordering": True}
)


def receive(count):
    """The texts of so many messages, acknowledged, and of what comes too many within a second."""
    texts, enough = [], threading.Event()

    def on_message(message):
        texts.append(message.data.decode())
        message.ack()
        if len(texts) >= count:
            enough.set()

    pulling = subscriber.subscribe(subscription, callback=on_message)
    assert enough.wait(120), f"{len(texts)} of {count} messages came"
    threading.Event().wait(1)
    pulling.cancel()
    pulling.result(60)
    return texts


expected = [f"m{i}" for i in range(COUNT)]
futures = [publisher.publish(topic, text.encode(), ordering_key="k") for text in expected]
for future in futures:
    future.result(60)
texts = receive(COUNT)
assert texts == expected, f"{len(texts)} messages, {len(set(texts))} of them distinct, came for {COUNT} in order"

snapshot = subscriber.snapshot_path(PROJECT, "before")
subscriber.create_snapshot(request={"name": snapshot, "subscription": subscription})
publisher.publish(topic, b"after", ordering_key="k").result(60)
assert receive(1) == ["after"]
subscriber.seek(request={"subscription": subscription, "snapshot": snapshot})
assert receive(1) == ["after"]

try:
    subscriber.get_subscription(subscription=subscriber.subscription_path(PROJECT, "missing"))
    raise AssertionError("a missing subscription was found")
except NotFound:
    pass
print("ok")
