"""Makes the ONNX files beside it, sound and hostile. Needs Debian's python3-onnx (1.12).

    /usr/bin/python3 make_models.py
"""
import os

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

here = os.path.dirname(os.path.abspath(__file__))
ONNX, ML = h.make_opsetid("", 13), h.make_opsetid("ai.onnx.ml", 2)
x = h.make_tensor_value_info("x", T.FLOAT, ["n", 3])
y = h.make_tensor_value_info("y", T.FLOAT, ["n", 1])


def save(name, nodes, inputs=(x,), outputs=(y,), initializers=(), opsets=(ONNX,), functions=()):
    graph = h.make_graph(list(nodes), "g", list(inputs), list(outputs), list(initializers))
    model = h.make_model(graph, opset_imports=list(opsets), ir_version=8, functions=list(functions))
    with open(os.path.join(here, name), "wb") as file:
        file.write(model.SerializeToString())


def linear(target="y", source="x"):
    return h.make_node("LinearRegressor", [source], [target], domain="ai.onnx.ml", coefficients=[1.0, -2.0, 0.5], intercepts=[0.25], targets=1)


def external(name, location, offset=None, length=None):
    """y = x · w, with w in a file beside the model."""
    w = T(data_type=T.FLOAT, name="w", dims=[3, 1], data_location=T.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        if value is not None:
            w.external_data.add(key=key, value=str(value))
    save(name, [h.make_node("MatMul", ["x", "w"], ["y"])], initializers=[w])


def maps():
    """A list of maps from int64 to float, which this version's helper has no word for."""
    value = onnx.ValueInfoProto(name="probabilities")
    of = value.type.sequence_type.elem_type.map_type
    of.key_type = T.INT64
    of.value_type.tensor_type.elem_type = T.FLOAT
    of.value_type.tensor_type.shape.SetInParent()
    return value


# sound: a linear model; a classifier whose probabilities are a list of maps, as skl2onnx writes them; weights in a file beside; a function of its own
save("linear.onnx", [linear()], opsets=(ONNX, ML))
save(
    "classes.onnx",
    [
        h.make_node(
            "LinearClassifier", ["x"], ["label", "p"], domain="ai.onnx.ml",
            coefficients=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], intercepts=[0.0, 0.0], classlabels_ints=[0, 1], post_transform="SOFTMAX"),
        h.make_node("ZipMap", ["p"], ["probabilities"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ],
    outputs=[
        h.make_tensor_value_info("label", T.INT64, ["n"]),
        maps(),
    ],
    opsets=(ONNX, ML))
np.array([[1.0], [2.0], [3.0]], np.float32).tofile(os.path.join(here, "weights.bin"))
external("external.onnx", "weights.bin", 0, 12)
double = h.make_function("of.my.own", "Double", ["a"], ["b"], [h.make_node("Add", ["a", "a"], ["b"])], [ONNX])
save("function.onnx", [linear("z"), h.make_node("Double", ["z"], ["y"], domain="of.my.own")], opsets=(ONNX, ML, h.make_opsetid("of.my.own", 1)), functions=[double])

# hostile
external("upward.onnx", "../weights.bin", 0, 12)
external("absolute.onnx", "/etc/passwd", 0, 12)
external("beyond.onnx", "weights.bin", 4, 12)
save("custom.onnx", [h.make_node("Steal", ["x"], ["y"], domain="com.evil")], opsets=(ONNX, h.make_opsetid("com.evil", 1)))
branch = lambda node: h.make_graph([node], "b", [], [h.make_tensor_value_info("o", T.FLOAT, None)])
save(
    "nested.onnx",
    [
        h.make_node("If", ["c"], ["y"],
                    then_branch=branch(h.make_node("Steal", ["x"], ["o"], domain="com.evil")),
                    else_branch=branch(h.make_node("Identity", ["x"], ["o"]))),
    ],
    inputs=[x, h.make_tensor_value_info("c", T.BOOL, [])], opsets=(ONNX, h.make_opsetid("com.evil", 1)))
# folded when the model is opened: 4 TiB of ones
huge = numpy_helper.from_array(np.array([1 << 40], np.int64), "shape")
save("huge.onnx", [h.make_node("ConstantOfShape", ["shape"], ["ones"]), h.make_node("ReduceSum", ["ones"], ["s"], keepdims=0), h.make_node("Add", ["x", "s"], ["y"])],
     outputs=[h.make_tensor_value_info("y", T.FLOAT, ["n", 3])], initializers=[huge])
# folded when the model is opened: two thousand products of 2,000 × 2,000 matrices, each of which differs from the one before
side = numpy_helper.from_array(np.array([2000, 2000], np.int64), "shape")
nodes = [h.make_node("ConstantOfShape", ["shape"], ["m0"], value=h.make_tensor("v", T.FLOAT, [1], [0.0005]))]
nodes += [h.make_node("MatMul", [f"m{i}", "m0"], [f"m{i + 1}"]) for i in range(2000)]
nodes += [h.make_node("ReduceSum", ["m2000"], ["s"], keepdims=0), h.make_node("Add", ["x", "s"], ["y"])]
save("slow.onnx", nodes, outputs=[h.make_tensor_value_info("y", T.FLOAT, ["n", 3])], initializers=[side])
