// Google's Go client over the server at the address given, call by call. Exits with 1 at the first that fails.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(holds bool, what string) {
	if !holds {
		panic("expected " + what)
	}
}

func read(ctx context.Context, object *storage.ObjectHandle) []byte {
	reader, err := object.NewReader(ctx)
	must(err)
	defer reader.Close()
	got, err := io.ReadAll(reader)
	must(err)
	return got
}

func list(ctx context.Context, bucket *storage.BucketHandle, query *storage.Query) []string {
	names := []string{}
	for objects := bucket.Objects(ctx, query); ; {
		attrs, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			return names
		}
		must(err)
		names = append(names, attrs.Name)
	}
}

// Zero is one request for the whole; a multiple of 256 KiB is a resumable upload, whose 308 this client asks to be a 200.
func uploads(ctx context.Context, bucket *storage.BucketHandle, body []byte) {
	for _, chunk := range []int{0, 256 * 1024, 16 * 1024 * 1024} {
		object := bucket.Object(fmt.Sprintf("dir/chunk-%d", chunk))
		writer := object.NewWriter(ctx)
		writer.ChunkSize = chunk
		_, err := io.Copy(writer, bytes.NewReader(body))
		must(err)
		must(writer.Close())
		expect(bytes.Equal(read(ctx, object), body), "the bytes that were written")
		attrs, err := object.Attrs(ctx)
		must(err)
		expect(len(attrs.MD5) == 16, "an MD5")
	}
}

func lists(ctx context.Context, bucket *storage.BucketHandle) {
	expect(len(list(ctx, bucket, nil)) == 3, "all objects")
	expect(len(list(ctx, bucket, &storage.Query{Prefix: "dir/"})) == 3, "objects by prefix")
	expect(len(list(ctx, bucket, &storage.Query{MatchGlob: "**-0"})) == 1, "objects by glob")
	expect(len(list(ctx, bucket, &storage.Query{StartOffset: "dir/chunk-1", EndOffset: "dir/chunk-2"})) == 1, "a span")
}

func copies(ctx context.Context, bucket *storage.BucketHandle, body []byte) {
	source := bucket.Object("dir/chunk-0")
	attrs, err := source.Update(ctx, storage.ObjectAttrsToUpdate{
		ContentType: "audio/wav",
		Metadata:    map[string]string{"a": "b"},
	})
	must(err)
	expect(attrs.Metadata["a"] == "b", "metadata")
	_, err = bucket.Object("copy").CopierFrom(source).Run(ctx)
	must(err)
	_, err = bucket.Object("joined").ComposerFrom(bucket.Object("copy"), source).Run(ctx)
	must(err)
	expect(len(read(ctx, bucket.Object("joined"))) == 2*len(body), "both parts")
	_, err = bucket.Object("copy").Move(ctx, storage.MoveObjectDestination{Object: "moved"})
	must(err)
	reader, err := bucket.Object("moved").NewRangeReader(ctx, 10, 5)
	must(err)
	got, err := io.ReadAll(reader)
	must(err)
	expect(bytes.Equal(got, body[10:15]), "a range")
}

func refusals(ctx context.Context, bucket *storage.BucketHandle) {
	_, err := bucket.Update(ctx, storage.BucketAttrsToUpdate{VersioningEnabled: true})
	expect(err != nil && strings.Contains(err.Error(), "versioning.enabled"), "versioning to be refused by name")
	_, err = bucket.Object("moved").Key(make([]byte, 32)).Attrs(ctx)
	expect(err != nil && strings.Contains(err.Error(), "x-goog-encryption"), "a key to be refused by name")
	writer := bucket.Object("moved").If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	_, _ = writer.Write([]byte("x"))
	err = writer.Close()
	expect(err != nil && strings.Contains(err.Error(), "412"), "an object not to be written over")
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	endpoint := os.Args[1] + "/storage/v1/"
	client, err := storage.NewClient(ctx, option.WithoutAuthentication(), option.WithEndpoint(endpoint))
	must(err)
	bucket := client.Bucket("go-tracks")
	must(bucket.Create(ctx, "segue-test", nil))
	body := make([]byte, 5_000_000)
	_, err = rand.Read(body)
	must(err)
	uploads(ctx, bucket, body)
	fmt.Println("ok uploads")
	lists(ctx, bucket)
	fmt.Println("ok lists")
	copies(ctx, bucket, body)
	fmt.Println("ok copies")
	refusals(ctx, bucket)
	fmt.Println("ok refusals")
	for _, name := range list(ctx, bucket, nil) {
		must(bucket.Object(name).Delete(ctx))
	}
	must(bucket.Delete(ctx))
	fmt.Println("ok delete")
}
