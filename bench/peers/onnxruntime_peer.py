"""The face-mask network's prediction in onnxruntime on the CPU: python onnxruntime_peer.py INPUT.safetensors, then lines as serve.py says.

The file holds weights and pictures (x). ONNX has [batch, channels, height, width]: weights and pictures are turned once, before anything is timed.
"""

import sys

import numpy as np
import onnxruntime
import serve
from onnx import TensorProto, helper, numpy_helper

tensors = serve.read_tensors(sys.argv[1])
x = np.ascontiguousarray(tensors["x"].transpose(0, 3, 1, 2))
weights = {name: tensors[name] for name in tensors if name not in ("x", "y")}
for layer in ("conv2d", "conv2d_1"):
    weights[f"{layer}.kernel"] = weights[f"{layer}.kernel"].transpose(3, 2, 0, 1)
# The dense kernel's rows, from [height, width, channels] to [channels, height, width].
kernel = weights["dense.kernel"]
channels = weights["conv2d_1.bias"].shape[0]
height, width = (((size - 2) // 2 - 2) // 2 for size in x.shape[2:])
weights["dense.kernel"] = kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)

node = helper.make_node
pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
nodes = [
    node("Conv", ["x", "conv2d.kernel", "conv2d.bias"], ["c0"]),
    node("Relu", ["c0"], ["r0"]),
    node("MaxPool", ["r0"], ["p0"], **pool),
    node("Conv", ["p0", "conv2d_1.kernel", "conv2d_1.bias"], ["c1"]),
    node("Relu", ["c1"], ["r1"]),
    node("MaxPool", ["r1"], ["p1"], **pool),
    node("Flatten", ["p1"], ["f"]),
    node("Gemm", ["f", "dense.kernel", "dense.bias"], ["d0"]),
    node("Relu", ["d0"], ["r2"]),
    node("Gemm", ["r2", "dense_1.kernel", "dense_1.bias"], ["d1"]),
    node("Softmax", ["d1"], ["probabilities"], axis=-1),
]
graph = helper.make_graph(
    nodes,
    "face_mask",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [x.shape[0], weights["dense_1.bias"].shape[0]])],
    [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in weights.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def predict():
    (probabilities,) = session.run(None, {"x": x})
    return {"probabilities": probabilities.ravel().tolist()}


serve.serve({"peer": "onnxruntime", "version": onnxruntime.__version__, "backend": "CPU"}, {"predict": predict})
