"""Loads models that wgrad trained and saved with the real programs and trains them on: the losses of the next three steps must be those that wgrad
itself goes on to, which only the right weights, moments and iteration give.

    python3.11 -m venv VENV && VENV/bin/pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 keras==3.15.1
    npm ci && npm run build && node test/keras/trained_on.mjs out/trained_on
    CUDA_VISIBLE_DEVICES= VENV/bin/python test/keras/trained_on.py out/trained_on

trained_on.txt beside this file is what it printed.
"""
import json, os, sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import keras
import numpy as np
import tf_keras

PREDICTIONS, LOSSES = 1e-6, 1e-5


def only_weights(folder, files):
    """The weights file alone, into a model of other numbers whose optimizer has made no step."""
    model = keras.saving.load_model(os.path.join(folder, files["keras"]))
    fresh = keras.Sequential.from_config(model.get_config())
    fresh.compile_from_config(model.get_compile_config())
    fresh.optimizer.build(fresh.trainable_variables)
    fresh.load_weights(os.path.join(folder, files["weights"]))
    return fresh


KERAS, TF_KERAS = f"Keras {keras.__version__}", f"tf_keras {tf_keras.__version__}"

# Keras 3 goes on from no .h5, its own included: it builds the optimizer for no variables at all. The weights are good.
LOADERS = {
    "keras": [(KERAS, lambda folder, files: keras.saving.load_model(os.path.join(folder, files["keras"])))],
    "weights": [(KERAS, only_weights)],
    "h5": [
        (TF_KERAS, lambda folder, files: tf_keras.models.load_model(os.path.join(folder, files["h5"]))),
        (KERAS, lambda folder, files: keras.saving.load_model(os.path.join(folder, files["h5"]), compile=False)),
    ],
}


def main(folder):
    with open(os.path.join(folder, "cases.json")) as file:
        cases = json.load(file)
    good = True
    for case in cases:
        x = np.fromfile(os.path.join(folder, case["name"] + ".f32"), np.float32).reshape(case["shape"])
        y = np.array(case["y"], np.float32).reshape(len(x), -1)
        for kind, name in case["files"].items():
            for program, load in LOADERS[kind]:
                model = load(folder, case["files"])
                predictions = np.abs(np.ravel(model.predict(x, verbose=0)) - case["predictions"]).max()
                fits = predictions < PREDICTIONS
                told = f"{name:22} {program:15} predictions within {predictions:.1e}"
                if getattr(model, "optimizer", None):
                    steps = int(model.optimizer.iterations.numpy())
                    losses = []
                    for _ in case["losses"]:
                        model.reset_metrics()
                        losses.append(float(np.ravel(model.train_on_batch(x, y))[0]))
                    apart = np.abs(np.array(losses) - case["losses"]).max()
                    fits = fits and steps == 3 and apart < LOSSES
                    told += f"  step {steps}  next losses {' '.join(f'{loss:.7f}' for loss in losses)} within {apart:.1e}"
                else:
                    told += "  weights only"
                good &= bool(fits)
                print(f"{told}  {'ok' if fits else 'NO'}", flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
