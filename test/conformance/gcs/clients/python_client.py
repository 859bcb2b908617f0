"""Google's Python client over the server at the address given, call by call. Exits with 1 at the first that fails."""

import datetime
import io
import os
import sys
import tempfile
import urllib.error
import urllib.request

import google.auth.transport.requests
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage import transfer_manager
from google.oauth2 import service_account

URL = sys.argv[1]
CREDENTIALS = os.environ["GOOGLE_APPLICATION_CREDENTIALS"]

client = storage.Client(client_options={"api_endpoint": URL})
bucket = client.create_bucket("python-tracks")
body = os.urandom(9_000_000)


def names(**query):
    return [blob.name for blob in client.list_blobs(bucket, **query)]


def refused(what, call):
    """A refusal is a 400 that names what is missing."""
    try:
        call()
    except exceptions.BadRequest as error:
        assert what in str(error), error
        return
    raise AssertionError(f"{what} was not refused")


def token_from_the_service_account_file():
    scopes = ["https://www.googleapis.com/auth/devstorage.full_control"]
    credentials = service_account.Credentials.from_service_account_file(CREDENTIALS, scopes=scopes)
    credentials.refresh(google.auth.transport.requests.Request())
    assert credentials.valid and credentials.token


def uploads_and_downloads():
    blob = bucket.blob("dir/one.wav")
    blob.upload_from_string(body, content_type="audio/wav", checksum="md5")
    assert bucket.blob("dir/one.wav").download_as_bytes(checksum="md5") == body
    assert bucket.blob("dir/one.wav").download_as_bytes(checksum="crc32c") == body
    assert blob.download_as_bytes(start=5, end=9) == body[5:10]
    chunked = bucket.blob("dir/chunked.wav", chunk_size=1024 * 1024)
    chunked.upload_from_file(io.BytesIO(body))
    chunked.reload()
    assert (chunked.size, chunked.md5_hash) == (len(body), blob.md5_hash)
    with bucket.blob("dir/written.txt").open("w") as out:
        out.write("hello")
    assert bucket.blob("dir/written.txt").open("r").read() == "hello"


def multipart_upload_in_chunks():
    with tempfile.NamedTemporaryFile() as file:
        file.write(body * 2)
        file.flush()
        blob = bucket.blob("parts.wav")
        transfer_manager.upload_chunks_concurrently(
            file.name, blob, chunk_size=5 * 1024 * 1024, max_workers=2, worker_type=transfer_manager.THREAD
        )
    blob.reload()
    assert blob.md5_hash is None
    assert blob.download_as_bytes(checksum="crc32c") == body * 2


def update_and_patch():
    blob = bucket.get_blob("dir/one.wav")
    blob.metadata = {"a": "1"}
    blob.cache_control = "no-store"
    blob.update()
    blob.reload()
    assert (blob.metadata, blob.cache_control, blob.content_type) == ({"a": "1"}, "no-store", "audio/wav")
    blob.content_type = "audio/x-wav"
    blob.patch()
    bucket.labels = {"team": "audio"}
    bucket.update()
    assert client.get_bucket("python-tracks").labels == {"team": "audio"}


def batch():
    for index in range(5):
        bucket.blob(f"batch/{index}").upload_from_string(str(index))
    with client.batch():
        for index in range(5):
            blob = bucket.blob(f"batch/{index}")
            blob.metadata = {"index": str(index)}
            blob.patch()
    assert bucket.get_blob("batch/3").metadata == {"index": "3"}
    with client.batch(raise_exception=False) as calls:
        bucket.blob("absent").delete()
        bucket.blob("batch/0").delete()
    assert [response.status_code for response in calls._responses] == [404, 204]
    assert names(prefix="batch/") == ["batch/1", "batch/2", "batch/3", "batch/4"]


def lists():
    assert names(match_glob="**.wav") == ["dir/chunked.wav", "dir/one.wav", "parts.wav"]
    assert names(match_glob="*.wav") == ["parts.wav"]
    assert names(prefix="dir/", versions=True) == ["dir/chunked.wav", "dir/one.wav", "dir/written.txt"]
    assert names(prefix="dir/", fields="items(name),nextPageToken", page_size=1) == names(prefix="dir/")
    assert names(start_offset="dir/one", end_offset="dir/w") == ["dir/one.wav"]
    assert [found.name for found in client.list_buckets()] == ["python-tracks"]


def copies():
    one = bucket.blob("dir/one.wav")
    joined = bucket.blob("joined")
    joined.compose([bucket.blob("batch/1"), bucket.blob("batch/2")])
    assert joined.download_as_bytes() == b"12"
    assert bucket.blob("rewritten").rewrite(one) == (None, len(body), len(body))
    bucket.copy_blob(one, bucket, "copied")
    bucket.rename_blob(bucket.blob("copied"), "renamed")
    bucket.move_blob(bucket.blob("renamed"), "moved")
    assert bucket.blob("moved").exists() and not bucket.blob("renamed").exists()
    joined.update_storage_class("NEARLINE")
    assert bucket.get_blob("joined").storage_class == "NEARLINE"


def signed_urls():
    for version in ("v2", "v4"):
        url = bucket.blob("joined").generate_signed_url(
            version=version, expiration=datetime.timedelta(minutes=5), api_access_endpoint=URL
        )
        assert urllib.request.urlopen(url).read() == b"12"
        try:
            urllib.request.urlopen(url.replace("joined", "moved"))
            raise AssertionError("a signature opened another object")
        except urllib.error.HTTPError as error:
            assert error.code == 403


def conditions():
    blob = bucket.get_blob("joined")
    try:
        blob.upload_from_string("x", if_generation_match=0)
        raise AssertionError("written over")
    except exceptions.PreconditionFailed:
        pass
    assert blob.download_as_bytes(if_etag_match=blob.etag) == b"12"


def refusals():
    blob = bucket.get_blob("joined")
    blob.temporary_hold = True
    refused("temporaryHold", blob.patch)
    refused("encryption", lambda: bucket.blob("x", encryption_key=b"0" * 32).upload_from_string("x"))
    bucket.versioning_enabled = True
    refused("versioning", bucket.patch)
    refused("softDeleted", lambda: names(soft_deleted=True))
    refused("access control", lambda: bucket.blob("joined").make_public())


for step in [
    token_from_the_service_account_file,
    uploads_and_downloads,
    multipart_upload_in_chunks,
    update_and_patch,
    batch,
    lists,
    copies,
    signed_urls,
    conditions,
    refusals,
]:
    step()
    print("ok", step.__name__, flush=True)
client.get_bucket("python-tracks").delete(force=True)
print("ok", "delete", flush=True)
