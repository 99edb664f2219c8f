"""Trains the program that this project runs with real tf_keras on a folder of photographs, keeps the `.model` folder that it leaves, and has wgrad evaluate
that folder on the same photographs: loss and accuracy must be those that Keras gives.

    python3.11 -m venv VENV && VENV/bin/pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 scipy==1.17.1 pillow==13.0.0
    npm ci && npm run build && CUDA_VISIBLE_DEVICES= VENV/bin/python test/keras/original_model.py --data FOLDER --model out/model2-002.model --epochs 2

FOLDER holds train/ and test/ with one subfolder per class. A model that is there is not trained again. original_model.txt beside this file is what it printed.
"""
import argparse, json, os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
LOSS, ACCURACY = 1e-4, 1e-6


def train(keras, data, path, epochs):
    """The original program, but for its folders."""
    from tf_keras import layers as L
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        L.Conv2D(100, (3, 3), activation="relu", input_shape=(150, 150, 3)), L.MaxPooling2D(2, 2),
        L.Conv2D(100, (3, 3), activation="relu"), L.MaxPooling2D(2, 2),
        L.Flatten(), L.Dropout(0.5), L.Dense(50, activation="relu"), L.Dense(2, activation="softmax")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])
    Generator = keras.preprocessing.image.ImageDataGenerator
    augmented = Generator(rescale=1.0 / 255, rotation_range=40, width_shift_range=0.2, height_shift_range=0.2, shear_range=0.2, zoom_range=0.2,
                          horizontal_flip=True, fill_mode="nearest")
    model.fit(augmented.flow_from_directory(f"{data}/train", batch_size=10, target_size=(150, 150)), epochs=epochs, verbose=2)
    model.save(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf_keras as keras
    if not os.path.exists(args.model):
        train(keras, args.data, args.model, args.epochs)
    model = keras.models.load_model(args.model)
    pictures = keras.preprocessing.image.ImageDataGenerator(rescale=1.0 / 255).flow_from_directory(
        f"{args.data}/test", batch_size=10, target_size=(150, 150), shuffle=False)
    loss, accuracy = model.evaluate(pictures, verbose=0)
    command = ["node", os.path.join(HERE, "../../dist/src/cli/main.js"), "evaluate", args.model, "--data", f"{args.data}/test", "--json"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    fits = abs(found["loss"] - loss) < LOSS and abs(found["acc"] - accuracy) < ACCURACY
    print(f"{os.path.basename(args.model)}, saved by tf_keras {keras.__version__} on TensorFlow {tf.__version__}, {pictures.samples} photographs")
    print(f"Keras: loss {loss:.7f}  acc {accuracy:.7f}")
    print(f"wgrad: loss {found['loss']:.7f}  acc {found['acc']:.7f}  {'ok' if fits else 'NO'}")
    sys.exit(0 if fits else 1)


if __name__ == "__main__":
    main()
