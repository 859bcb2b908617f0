import { createRequire } from "node:module";
import type { MethodDefinition } from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** A decoded message as plain data: enums by name, int64 as numbers, absent fields absent. */
export type Plain = Record<string, unknown>;

type Descriptors = ConstructorParameters<typeof protobuf.Root>[0] & {
  nested: Record<string, protobuf.AnyNestedObject>;
};

/** The protobuf definitions that the client ships, so that server and client speak the same version. */
function loadRoot(): protobuf.Root {
  const require = createRequire(import.meta.url);
  const descriptors: Descriptors = require("@google-cloud/pubsub/build/protos/protos.json");
  return protobuf.Root.fromJSON(descriptors);
}

const root = loadRoot();

/** The plain data of an encoded message. */
export function decode(type: string, bytes: Uint8Array): Plain {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: Number, enums: String });
}

/** The encoded form of plain data. */
export function encode(type: string, plain: Plain): Buffer {
  const message = root.lookupType(type);
  return Buffer.from(message.encode(message.fromObject(plain)).finish());
}

const passThrough = (bytes: Buffer) => bytes;

/** The methods of a service with bytes in and out: handlers decode what they need themselves. */
export function rawMethods(service: string): Record<string, MethodDefinition<Buffer, Buffer>> {
  const methods: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  for (const method of root.lookupService(service).methodsArray) {
    methods[method.name] = {
      path: `/${service}/${method.name}`,
      requestStream: method.requestStream ?? false,
      responseStream: method.responseStream ?? false,
      requestSerialize: passThrough,
      requestDeserialize: passThrough,
      responseSerialize: passThrough,
      responseDeserialize: passThrough,
    };
  }
  return methods;
}

/** The request and response type names of a method. */
export function typesOf(service: string, method: string): { request: string; response: string } {
  const found = root.lookupService(service).methods[method];
  found?.resolve();
  if (!found?.resolvedRequestType || !found.resolvedResponseType)
    throw new Error(`unknown method ${service}/${method}`);
  return {
    request: found.resolvedRequestType.fullName.slice(1),
    response: found.resolvedResponseType.fullName.slice(1),
  };
}
