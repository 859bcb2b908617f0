// Google's Go client against the server at PUBSUB_EMULATOR_HOST: ordered messages come in order, each once.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

const count = 500

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	client, err := pubsub.NewClient(ctx, os.Args[1])
	check(err)
	defer client.Close()
	topic := fmt.Sprintf("projects/%s/topics/ordered", os.Args[1])
	subscription := fmt.Sprintf("projects/%s/subscriptions/ordered", os.Args[1])
	_, err = client.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: topic})
	check(err)
	_, err = client.SubscriptionAdminClient.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: subscription, Topic: topic, EnableMessageOrdering: true,
	})
	check(err)

	publisher := client.Publisher("ordered")
	publisher.EnableMessageOrdering = true
	var results []*pubsub.PublishResult
	for i := range count {
		message := &pubsub.Message{Data: []byte(fmt.Sprintf("m%d", i)), OrderingKey: "k"}
		results = append(results, publisher.Publish(ctx, message))
	}
	for _, result := range results {
		_, err := result.Get(ctx)
		check(err)
	}

	var mutex sync.Mutex
	var texts []string
	receiving, stop := context.WithCancel(ctx)
	err = client.Subscriber("ordered").Receive(receiving, func(_ context.Context, message *pubsub.Message) {
		mutex.Lock()
		defer mutex.Unlock()
		texts = append(texts, string(message.Data))
		message.Ack()
		if len(texts) == count {
			stop()
		}
	})
	check(err)
	for i, text := range texts {
		if text != fmt.Sprintf("m%d", i) {
			log.Fatalf("message %d is %s", i, text)
		}
	}
	if len(texts) != count {
		log.Fatalf("%d messages came for %d", len(texts), count)
	}
	fmt.Println("ok")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
