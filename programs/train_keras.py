"""Goes on training a model of wgrad in Keras, with the optimizer where it stood, on one machine or many.

Written by `wgrad export --program keras`, with model.safetensors beside it. It takes folders of pictures, one for each class:

    pip install tensorflow tf_keras pillow scipy
    python train.py --train DIR --validation DIR

runs on all GPUs of this machine (tf.distribute.MirroredStrategy). On several machines, start the same on each, with the same list of workers and its own
number in it, counted from 0 (tf.distribute.MultiWorkerMirroredStrategy):

    python train.py --train DIR --validation DIR --workers HOST:PORT,HOST:PORT --index 0

Keras 3 on JAX does the same (keras.distribution.DataParallel), with or without workers:

    pip install keras jax pillow scipy
    python train.py --backend jax --train DIR --validation DIR

--out gets model.safetensors, which wgrad goes on from, and model.keras, which Keras does. The network that Keras trains gives what the loss is computed
from: logits, where wgrad's has a softmax or sigmoid on top. `wgrad convert OUT/model.safetensors model.keras` writes one that gives probabilities.

--batch-size counts the pictures of all workers together; what remains of an epoch's last batch when it is divided among them is left out. Dropout, the order
of pictures and augmentation are Keras' and numpy's own draws here. Batch normalization takes means over each device's own pictures.
"""
import argparse
import itertools
import json
import os
import tempfile

import numpy as np


# <<< the model
CONFIG = {}


def network(keras, is_keras_3):
    """The layers, without what the loss is computed before."""


def loss_and_metrics(keras):
    """What is minimized, and what is shown."""


def new_optimizer(keras):
    """Without what it keeps of the steps before: see restore()."""
# the model >>>


def read_safetensors(path):
    """Metadata and float32 arrays by name. https://huggingface.co/docs/safetensors/index#format"""
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin + first:begin + end], np.float32).reshape(entry["shape"])
    return metadata, tensors


def write_safetensors(path, metadata, tensors):
    """The reverse; a crash leaves the old file or the new one."""
    header, offset = {"__metadata__": metadata}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values, np.float32).tobytes())
    os.replace(path + ".part", path)


def numbers_of(variable):
    return np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)


def kept_by(optimizer):
    """What the optimizer keeps: each variable, and the name that it has in the file."""
    for slot, names in CONFIG["slots"].items():
        variables = getattr(optimizer, "_" + slot, None) or getattr(optimizer, slot, None) or []
        yield from zip(variables, names)


def restore(model, optimizer, tensors):
    """Weights, what the optimizer keeps, and its step."""
    for layer, names in zip(model.layers, CONFIG["weights"]):
        layer.set_weights([tensors[name] for name in names])
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(CONFIG["step"])
    for variable, name in kept_by(optimizer):
        variable.assign(tensors[name])


def collect(model, optimizer, tensors):
    """The same as restore(), back: arrays by name, in the file's order."""
    found = {}
    for layer, names in zip(model.layers, CONFIG["weights"]):
        found.update(zip(names, layer.get_weights()))
    found.update((name, numbers_of(variable)) for variable, name in kept_by(optimizer))
    return {name: found.get(name, np.zeros_like(values)) for name, values in tensors.items()}


class Pictures:
    """Batches of a folder's pictures, of which each part, a device of any worker, gets its own rows."""

    def __init__(self, image, folder, is_training, args, parts):
        options = CONFIG["augmentation"] if is_training and args.augment else {}
        found = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
        self.classes = CONFIG["classes"] or found
        if found != sorted(self.classes) or len(found) != CONFIG["class_count"]:
            raise SystemExit(f"{folder} has the folders {found}, the model tells {CONFIG['classes'] or CONFIG['class_count']} apart")
        self.images = image.ImageDataGenerator(rescale=CONFIG["rescale"], **options).flow_from_directory(
            folder, target_size=tuple(CONFIG["image_size"]), color_mode=CONFIG["color_mode"], classes=self.classes,
            class_mode=CONFIG["class_mode"], batch_size=args.batch_size, shuffle=False)
        self.is_training, self.size, self.seed, self.parts = is_training, args.batch_size, args.seed, parts
        rows = self.images.samples
        whole = [min(self.size, rows - first) // parts * parts for first in range(0, rows, self.size)]
        self.batches = [(i * self.size, count) for i, count in enumerate(whole) if count > 0]
        if not self.batches:
            raise SystemExit(f"{folder} has {rows} pictures: too few for {parts} devices")

    def part(self, epoch, batch, part):
        """[rows, height, width, channels] and labels [rows, outputs] of a part of a batch."""
        random = np.random.RandomState((self.seed + epoch) % 2 ** 32)
        order = random.permutation(self.images.samples) if self.is_training else np.arange(self.images.samples)
        first, count = self.batches[batch]
        rows = order[first:first + count].reshape(self.parts, -1)[part]
        np.random.seed((self.seed + (epoch * len(self.batches) + batch) * self.parts + part) % 2 ** 32)
        x, y = self.images._get_batches_of_transformed_samples(rows)
        return x.astype(np.float32), np.asarray(y, np.float32).reshape(len(rows), -1)


def train_on_tensorflow(args):
    """tf_keras under tf.distribute."""
    workers = args.workers.split(",") if args.workers else []
    if workers:
        os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": args.index}})
    import tensorflow as tf
    import tf_keras as keras
    from tf_keras.preprocessing import image

    strategy = tf.distribute.MultiWorkerMirroredStrategy() if workers else tf.distribute.MirroredStrategy()
    parts = strategy.num_replicas_in_sync
    own = parts // max(len(workers), 1)

    def batches(folder, is_training):
        pictures = Pictures(image, folder, is_training, args, parts)

        def rows():
            for epoch in itertools.count():
                for batch in range(len(pictures.batches)):
                    for device in range(own):
                        yield pictures.part(epoch, batch, args.index * own + device)

        x, y = pictures.part(0, 0, 0)
        signature = tuple(tf.TensorSpec((None, *each.shape[1:]), tf.float32) for each in (x, y))
        make = lambda context: tf.data.Dataset.from_generator(rows, output_signature=signature).prefetch(2)
        return strategy.distribute_datasets_from_function(make), len(pictures.batches), pictures.classes

    return fit(keras, args, batches, strategy.scope, False)


def train_on_jax(args):
    """Keras 3 on JAX, each process with the rows of its own devices."""
    os.environ["KERAS_BACKEND"] = "jax"
    workers = args.workers.split(",") if args.workers else []
    import keras
    if workers:
        keras.distribution.initialize(job_addresses=args.workers, num_processes=len(workers), process_id=args.index)
    import contextlib
    import jax
    from keras.src.legacy.preprocessing import image

    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    parts, own = jax.device_count(), jax.local_device_count()

    class Batches(keras.utils.PyDataset):
        def __init__(self, pictures):
            super().__init__()
            self.pictures, self.epoch = pictures, 0

        def __len__(self):
            return len(self.pictures.batches)

        def __getitem__(self, batch):
            of = [self.pictures.part(self.epoch, batch, args.index * own + device) for device in range(own)]
            return tuple(np.concatenate(each) for each in zip(*of))

        def on_epoch_end(self):
            self.epoch += 1

    def batches(folder, is_training):
        pictures = Pictures(image, folder, is_training, args, parts)
        return Batches(pictures), None, pictures.classes

    return fit(keras, args, batches, contextlib.nullcontext, True)


def fit(keras, args, batches, scope, is_keras_3):
    metadata, tensors = read_safetensors(args.model)
    keras.utils.set_random_seed(args.seed)
    data, steps, classes = batches(args.train, True)
    validation, validation_steps, _ = batches(args.validation, False) if args.validation else (None, None, None)
    with scope():
        model = keras.Sequential([keras.Input(CONFIG["input_shape"]), *network(keras, is_keras_3)])
        optimizer = new_optimizer(keras)
        loss, metrics = loss_and_metrics(keras)
        model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
        restore(model, optimizer, tensors)
    history = model.fit(data, steps_per_epoch=steps, epochs=args.epochs, validation_data=validation, validation_steps=validation_steps,
                        verbose=2 if args.index == 0 else 0)
    # Every worker takes part, as some variables are read together; the first one's files are kept.
    with tempfile.TemporaryDirectory() as other:
        out = args.out if args.index == 0 else other
        os.makedirs(out, exist_ok=True)
        model.save(os.path.join(out, "model.keras"))
        header = json.loads(metadata["wgrad"])
        step = int(numbers_of(optimizer.iterations))
        header.update(step=step, rowsTrained=header["rowsTrained"] + (step - CONFIG["step"]) * args.batch_size)
        # Where wgrad's own run stood in its data and its history, and the best loss of it, are no longer so.
        header.pop("training", None)
        header["extra"].pop("best", None)
        header["extra"]["classes"] = classes
        write_safetensors(os.path.join(out, "model.safetensors"), {"wgrad": json.dumps(header)}, collect(model, optimizer, tensors))
        with open(os.path.join(out, "history.json"), "w") as file:
            json.dump({name: [float(value) for value in values] for name, values in history.history.items()}, file)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", metavar="DIR", required=True, help="pictures to learn from, a folder for each class")
    parser.add_argument("--validation", metavar="DIR", help="pictures to judge by")
    parser.add_argument("--epochs", type=int, default=10, help="more epochs (default 10)")
    parser.add_argument("--batch-size", type=int, default=CONFIG["batch_size"], help="of all workers together (default %(default)s)")
    parser.add_argument("--seed", type=int, default=CONFIG["seed"], help="of order, augmentation and dropout")
    parser.add_argument("--no-augment", dest="augment", action="store_false", help="use the pictures as they are")
    parser.add_argument("--backend", choices=["tensorflow", "jax"], default="tensorflow")
    parser.add_argument("--workers", metavar="HOST:PORT,...", help="all of them, the first first")
    parser.add_argument("--index", type=int, default=0, help="which of the workers this is, from 0")
    parser.add_argument("--model", metavar="FILE", default=os.path.join(here, "model.safetensors"), help="default: the one beside this program")
    parser.add_argument("--out", metavar="DIR", default="out", help="default out")
    args = parser.parse_args()
    (train_on_jax if args.backend == "jax" else train_on_tensorflow)(args)


if __name__ == "__main__":
    main()
