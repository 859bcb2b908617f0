/** A message of the protocol. Source: PostgreSQL's documentation, "Message Formats". */
export function writeMessage(letter: string, body: string | Buffer = ""): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([head, typeof body === "string" ? Buffer.from(body) : body]);
}

/** The first message of a connection, which has no letter. */
export function writeStartup(user: string): Buffer {
  const body = Buffer.from(`user\0${user}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length);
  head.writeInt16BE(3, 4);
  return Buffer.concat([head, body]);
}

/** An error that ends a session. */
export function writeFatal(code: string, message: string): Buffer {
  return writeMessage("E", `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
}
