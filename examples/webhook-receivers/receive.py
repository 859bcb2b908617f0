"""A receiver of Segue's webhooks, in Python's standard library alone: WEBHOOK_SECRET=whsec_... PORT=8090 python3 receive.py

Prints a line for each delivery that it takes. Behind a proxy with TLS it can be reached by a fleet.
"""

import base64
import hashlib
import hmac
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Several, separated by blanks, while the webhook's is changed.
KEYS = [base64.b64decode(secret.removeprefix("whsec_")) for secret in os.environ.get("WEBHOOK_SECRET", "").split()]
if not KEYS:
    sys.exit("WEBHOOK_SECRET: expected whsec_...")
# Older or younger ones are refused, in seconds: somebody may send again what was seen once.
TOLERANCE_SEC = 300
MOST_BYTES = 1_000_000
# Deliveries come at least once: an id that was taken is not taken again. A real receiver keeps them where a restart leaves them.
taken = set()


def is_signed(headers, body):
    """Whether a body is signed by whoever has the secret, now."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SEC:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    given = headers.get("webhook-signature", "").split(" ")
    expected = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in KEYS]
    return any(hmac.compare_digest(one.encode(), each.encode()) for one in expected for each in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > MOST_BYTES:
            return self.answer(413)
        # The bytes as they came: JSON that is written anew is another text.
        body = self.rfile.read(length)
        if not is_signed(self.headers, body):
            return self.answer(401, b"no valid signature")
        message_id = self.headers["webhook-id"]
        if message_id not in taken:
            taken.add(message_id)
            event = json.loads(body)
            print(f"{message_id} {event['type']} {event.get('trackId', '')} {event.get('state', '')}".strip(), flush=True)
        # Answer soon, and work later: what takes longer than 10 s is sent again.
        self.answer(204)

    def answer(self, status, text=b""):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8090"))), Receiver)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
