"""A gRPC client that is none of ours asks the server at a port; prints what it got, one line a call."""
import struct
import sys

import grpc


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([(value & 0x7F) | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def ask(rows):
    tensors = [("a", 2, [float(i) for i in range(2 * rows)]), ("b", 1, [0.0] * rows)]
    inputs = b"".join(field(5, field(1, n.encode()) + field(2, b"FP32") + field(3, varint(rows) + varint(w))) for n, w, _ in tensors)
    raw = b"".join(field(7, struct.pack(f"<{len(v)}f", *v)) for _, _, v in tensors)
    return field(1, b"two") + inputs + field(6, field(1, b"times")) + raw


def same(message):
    return message


SERVICE = "/inference.GRPCInferenceService/"
address = "127.0.0.1:" + sys.argv[1]


def call(channel, method, request, **more):
    return channel.unary_unary(method, request_serializer=same, response_deserializer=same)(request, **more)


def refused(what):
    try:
        what()
        return "answered"
    except grpc.RpcError as error:
        return f"{error.code().name} {error.details()}"


with grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)]) as channel:
    print("live", call(channel, SERVICE + "ServerLive", b"").hex())
    print("health", call(channel, "/grpc.health.v1.Health/Check", b"").hex())
    one = call(channel, SERVICE + "ModelInfer", ask(1))
    print("infer", one.endswith(field(6, struct.pack("<2f", 0, 3))))
    print("unknown", refused(lambda: call(channel, SERVICE + "ModelInfer", field(1, b"none"))))
    print("method", refused(lambda: call(channel, SERVICE + "Nothing", b"")).split()[0])
    slow = field(1, b"slow") + field(5, field(1, b"in") + field(2, b"FP32") + field(3, varint(512) + varint(768))) + field(7, bytes(512 * 768 * 4))
    print("late", refused(lambda: call(channel, SERVICE + "ModelInfer", slow, timeout=0.2)).split()[0])
    stream = channel.stream_stream(SERVICE + "ModelStreamInfer", request_serializer=same, response_deserializer=same)
    answers = list(stream(iter([ask(1), field(1, b"none"), ask(1)])))
    print("stream", len(answers), answers[0] == answers[2] == field(2, one), answers[1][:1] == b"\x0a")
    futures = [channel.unary_unary(SERVICE + "ModelInfer", request_serializer=same, response_deserializer=same).future(ask(1)) for _ in range(1000)]
    print("together", sum(f.result() == one for f in futures))
    print("large", len(call(channel, SERVICE + "ModelInfer", ask(1000000))) > 8000000)
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch", request_serializer=same, response_deserializer=same)(b"")
    print("watch", next(watch).hex())
    watch.cancel()
for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
    with grpc.insecure_channel(address, compression=compression) as channel:
        print("packed", len(call(channel, SERVICE + "ModelInfer", ask(1000))) > 8000)
