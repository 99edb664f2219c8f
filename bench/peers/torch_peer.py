"""The face-mask network in PyTorch: python torch_peer.py INPUT.safetensors MODE, then lines as serve.py says. MODE: eager, or on a CUDA device also graph
(the whole step is one CUDA graph), each with -tf32 (products in TF32, where the default here is FP32).

The file holds weights, pictures (x) and labels (y). Dropout is off: every program then computes the same numbers.
"""

import sys

import serve
import torch
from torch import nn

mode = sys.argv[2]
has_cuda = torch.cuda.is_available()
if mode != "eager" and not has_cuda:
    sys.exit(f"{mode} needs a CUDA device: PyTorch {torch.__version__} cannot find one")
device = torch.device("cuda" if has_cuda else "cpu")
is_graph, is_tf32 = mode.startswith("graph"), mode.endswith("tf32")
torch.backends.cuda.matmul.allow_tf32 = is_tf32
torch.backends.cudnn.allow_tf32 = is_tf32
# The sizes never change: the fastest algorithm is worth looking for.
torch.backends.cudnn.benchmark = True

tensors = {name: torch.tensor(data, device=device) for name, data in serve.read_tensors(sys.argv[1]).items()}
# Channels first, as PyTorch has them.
x, y = tensors["x"].permute(0, 3, 1, 2).contiguous(), tensors["y"]

model = nn.Sequential(
    nn.Conv2d(3, 100, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(100, 100, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(36 * 36 * 100, 50),
    nn.ReLU(),
    nn.Linear(50, 2),
).to(device)


def weights_of(name):
    """A layer's kernel as PyTorch has it: [filters, channels, height, width], or [units, features]."""
    kernel = tensors[f"{name}.kernel"]
    if kernel.dim() == 4:
        return kernel.permute(3, 2, 0, 1)
    # The features come from a map: its channels come first here.
    if name == "dense":
        kernel = kernel.reshape(36, 36, 100, -1).permute(2, 0, 1, 3).flatten(0, 2)
    return kernel.T


layers = [layer for layer in model if hasattr(layer, "weight")]
with torch.no_grad():
    for layer, name in zip(layers, ("conv2d", "conv2d_1", "dense", "dense_1")):
        layer.weight.copy_(weights_of(name))
        layer.bias.copy_(tensors[f"{name}.bias"])

optimizer = torch.optim.Adam(model.parameters(), lr=serve.LEARNING_RATE, eps=1e-7, capturable=is_graph)


def step():
    optimizer.zero_grad(set_to_none=True)
    # As tf.keras computes binary cross-entropy behind a softmax: from the logits, as if behind a sigmoid.
    loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def forward():
    return torch.softmax(model(x), dim=1)


def recorded(work):
    """Work as one CUDA graph, with the model and the optimizer as they were before. Source: https://pytorch.org/docs/stable/notes/cuda.html"""
    before = [parameter.detach().clone() for parameter in model.parameters()]
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), before):
            parameter.copy_(value)
        for state in optimizer.state.values():
            for value in state.values():
                value.zero_()

    def replay():
        graph.replay()
        return result

    return replay


run_forward, run_step = (recorded(forward), recorded(step)) if is_graph else (forward, step)


def memory():
    return {"gpuBytes": torch.cuda.max_memory_allocated()} if has_cuda else {}


# What is read back to the host has been waited for.
def train():
    return {"loss": run_step().item(), **memory()}


def predict():
    return {"probabilities": run_forward().cpu().numpy().ravel().tolist(), **memory()}


backend = f"{torch.cuda.get_device_name()}, {mode}" if has_cuda else "CPU"
serve.serve(
    {
        "peer": "PyTorch",
        "version": torch.__version__,
        "backend": backend,
        "lossFrom": "logits",
        # TF32 keeps 10 bits of 23.
        **({"tolerance": 50} if is_tf32 else {}),
    },
    {"train": train, "predict": predict},
)
