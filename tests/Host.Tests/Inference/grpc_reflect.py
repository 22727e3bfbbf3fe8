"""What grpcurl does: asks the server at a port what it has, over either name of reflection, and makes a call from the descriptors it got."""
import struct
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([(value & 0x7F) | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def read(message):
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            part = message[at]
            at += 1
            value |= (part & 0x7F) << shift
            shift += 7
            if part < 0x80:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            fields.setdefault(tag >> 3, []).append(number())
        else:
            size = number()
            fields.setdefault(tag >> 3, []).append(message[at:at + size])
            at += size
    return fields


def same(message):
    return message


channel = grpc.insecure_channel("127.0.0.1:" + sys.argv[1])
for version in ("v1", "v1alpha"):
    call = channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", request_serializer=same, response_deserializer=same)
    asked = [field(7, b"*"), field(4, b"inference.GRPCInferenceService.ModelInfer"), field(4, b"inference.ModelInferRequest.InferInputTensor"),
             field(3, b"health.proto"), field(4, b"none.Such"), field(3, b"none.proto"), field(6, b"inference.ModelInferRequest"),
             field(5, field(1, b"inference.InferParameter") + b"\x10\x07")]
    answers = [read(a) for a in call(iter(asked))]
    print(version, "echoes", all(a[2] == [q] for a, q in zip(answers, asked)))
    print(version, " ".join(read(s)[1][0].decode() for s in read(answers[0][6][0])[1]))
    files = [read(a[4][0])[1][0] for a in answers[1:4]]
    print(version, files[0] == files[1], [descriptor_pb2.FileDescriptorProto.FromString(f).name for f in files[1:]])
    for answer in answers[4:6] + answers[7:]:
        error = read(answer[7][0])
        print(version, error[1][0], error[2][0].decode())
    print(version, read(answers[6][5][0])[1][0].decode())

pool = descriptor_pool.DescriptorPool()
pool.Add(descriptor_pb2.FileDescriptorProto.FromString(files[0]))
method = pool.FindServiceByName("inference.GRPCInferenceService").FindMethodByName("ModelInfer")
factory = message_factory.MessageFactory(pool)
request, response = factory.GetPrototype(method.input_type)(), factory.GetPrototype(method.output_type)
request.model_name = "two"
for name, shape, values in (("a", [1, 2], [1, 2]), ("b", [1, 1], [10])):
    tensor = request.inputs.add(name=name, datatype="FP32", shape=shape)
    tensor.contents.fp32_contents.extend(values)
request.parameters["priority"].int64_param = 1
answer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer", request_serializer=lambda m: m.SerializeToString(),
                             response_deserializer=response.FromString)(request)
print(answer.model_name, answer.model_version, [(o.name, list(o.shape), list(o.contents.fp32_contents)) for o in answer.outputs])
