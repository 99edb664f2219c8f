"""Trains the face-mask network with real Keras and with wgrad on the same photographs from the same seed, which gives both the same first weights,
batches, augmentation and dropout masks, and prints both histories side by side. Keras runs twice, with each of TensorFlow's two sets of CPU
kernels: how far it parts from itself is the measure of how far wgrad may part from it, for both compute the same but for rounding, which training
makes grow.

    python3.11 -m venv VENV && VENV/bin/pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 scipy==1.17.1 pillow==13.0.0
    npm ci && VENV/bin/python test/keras/compare.py --data FOLDER --out out/compare

FOLDER holds train/ and test/ with one subfolder per class. What is finished in the out folder is not computed again; wgrad's part goes on where it
was interrupted. `--no-dropout` leaves dropout out. `--seconds N` ends wgrad's part after so long, to be called again; `--part keras|onednn|wgrad|table` does one part only.
"""
import argparse, hashlib, json, os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = {"keras": "Keras (Eigen)", "onednn": "Keras (oneDNN)", "wgrad": "wgrad"}
METRICS = ("loss", "acc", "val_loss", "val_acc")


def train_keras(out, args):
    """Trains with tf_keras and writes the history, the mean loss up to each step, and hashes of the first weights and of which files came in which order."""
    import tensorflow as tf
    import tf_keras as keras
    from tf_keras import layers as L

    keras.utils.set_random_seed(args.seed)
    size = args.size
    model = keras.Sequential([
        L.Conv2D(100, (3, 3), activation="relu", input_shape=(size, size, 3)), L.MaxPooling2D(2, 2),
        L.Conv2D(100, (3, 3), activation="relu"), L.MaxPooling2D(2, 2),
        L.Flatten(), *([L.Dropout(0.5)] if args.dropout else []), L.Dense(50, activation="relu"), L.Dense(2, activation="softmax")])
    first = hashlib.sha256()
    for weight in model.get_weights():
        first.update(weight.tobytes())
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])

    Generator = keras.preprocessing.image.ImageDataGenerator
    flow = dict(batch_size=10, target_size=(size, size))
    train = Generator(rescale=1 / 255, rotation_range=40, width_shift_range=0.2, height_shift_range=0.2, shear_range=0.2, zoom_range=0.2,
                      horizontal_flip=True, fill_mode="nearest").flow_from_directory(f"{args.data}/train", **flow)
    validation = Generator(rescale=1 / 255).flow_from_directory(f"{args.data}/test", **flow)
    order, base = hashlib.sha256(), type(train)

    class Watched(base):
        def __getitem__(self, index):
            batch = base.__getitem__(self, index)
            for i in self.index_array[index * 10:(index + 1) * 10]:
                order.update(f"{self.filenames[i]}\n".encode())
            return batch

    train.__class__ = Watched
    means = []
    note = keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: means.append(float(logs["loss"])))
    history = model.fit(train, epochs=args.epochs, validation_data=validation, callbacks=[note], verbose=2)
    with open(out, "w") as file:
        json.dump({"version": f"tf_keras {keras.__version__}, TensorFlow {tf.__version__}", "first": first.hexdigest(),
                   "order": order.hexdigest(), "means": means,
                   "history": {name: [float(value) for value in values] for name, values in history.history.items()}}, file)


def table(results, args):
    """Both histories, and the mean losses of the first epoch as they part."""
    keras, onednn, wgrad = (results[part] for part in COLUMNS)
    print(f"{args.data_name}, seed {args.seed}, {args.epochs} epochs, {args.size}x{args.size} pixels, batch 10, dropout {'on' if args.dropout else 'off'}")
    print(f"{keras['version']} with TF_ENABLE_ONEDNN_OPTS=0 and 1; wgrad {wgrad['version']} on {wgrad['adapter']}\n")
    same = [keras[what] == onednn[what] == wgrad[what] for what in ("first", "order")]
    for what, is_same in zip(("first weights", "files of all training batches in order"), same):
        print(f"{what}: {'the same' if is_same else 'DIFFERENT'}")
    print()
    print(f"{'epoch':<7}{'':<10}" + "".join(f"{name:>16}" for name in COLUMNS.values()) + f"{'wgrad - Eigen':>16}{'oneDNN - Eigen':>16}")
    for epoch in range(args.epochs):
        for metric in METRICS:
            a, b, w = (result["history"][metric][epoch] for result in (keras, onednn, wgrad))
            print(f"{epoch + 1:<7}{metric:<10}{a:>16.4f}{b:>16.4f}{w:>16.4f}{w - a:>+16.4f}{b - a:>+16.4f}")
    steps = len(keras["means"]) // args.epochs
    print("\nmean loss of the first epoch up to a step")
    for step in [s for s in (1, 2, 3, 5, 10, 20, 50, 100) if s < steps] + [steps]:
        a, b, w = (result["means"][step - 1] for result in (keras, onednn, wgrad))
        print(f"{'step':<7}{step:<10}{a:>16.6f}{b:>16.6f}{w:>16.6f}{w - a:>+16.1e}{b - a:>+16.1e}")
    return all(same)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--size", type=int, default=150)
    parser.add_argument("--no-dropout", dest="dropout", action="store_false")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--part", choices=[*COLUMNS, "table"])
    args = parser.parse_args()
    args.data_name = os.path.basename(os.path.normpath(args.data))
    os.makedirs(args.out, exist_ok=True)
    files = {part: os.path.join(args.out, f"{part}.json") for part in COLUMNS}
    if os.environ.get("COMPARE_PART"):
        return train_keras(files[os.environ["COMPARE_PART"]], args)
    for part in COLUMNS:
        if os.path.exists(files[part]) or args.part not in (None, part):
            continue
        print(f"{COLUMNS[part]} …", file=sys.stderr)
        if part == "wgrad":
            given = [args.data, args.out, *(str(n) for n in (args.seed, args.epochs, args.size, int(args.dropout), args.seconds or 0))]
            subprocess.run(["node", os.path.join(HERE, "compare.mjs"), *given], check=True)
        else:
            # TensorFlow reads this when it starts, so each set of kernels is a process of its own.
            chosen = {"TF_ENABLE_ONEDNN_OPTS": "1" if part == "onednn" else "0", "TF_CPP_MIN_LOG_LEVEL": "3", "COMPARE_PART": part}
            subprocess.run([sys.executable, __file__, *sys.argv[1:]], env={**os.environ, **chosen}, stdout=sys.stderr, check=True)
    if args.part in (None, "table") and all(os.path.exists(file) for file in files.values()):
        same = table({part: json.load(open(file)) for part, file in files.items()}, args)
        sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
