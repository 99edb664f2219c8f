"""The face-mask network in TensorFlow's Keras on the CPU: python tensorflow_peer.py INPUT.safetensors, then lines as serve.py says.

The file holds weights, pictures (x) and labels (y). Dropout is off: every program then computes the same numbers.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import serve
import tensorflow as tf

try:
    import tf_keras as keras
except ImportError:
    from tensorflow import keras

tensors = serve.read_tensors(sys.argv[1])
x, y = tf.constant(tensors["x"]), tf.constant(tensors["y"])
layers = keras.layers
model = keras.Sequential(
    [
        layers.Conv2D(100, (3, 3), activation="relu", input_shape=x.shape[1:]),
        layers.MaxPooling2D(2, 2),
        layers.Conv2D(100, (3, 3), activation="relu"),
        layers.MaxPooling2D(2, 2),
        layers.Flatten(),
        layers.Dense(50, activation="relu"),
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(serve.LEARNING_RATE), loss="binary_crossentropy")
names = [f"{layer}.{part}" for layer in ("conv2d", "conv2d_1", "dense", "dense_1") for part in ("kernel", "bias")]
model.set_weights([tensors[name] for name in names])


@tf.function
def predict_on_batch(images):
    return model(images, training=False)


def train():
    return {"loss": float(model.train_on_batch(x, y))}


def predict():
    return {"probabilities": predict_on_batch(x).numpy().ravel().tolist()}


serve.serve(
    {"peer": "TensorFlow", "version": tf.__version__, "backend": "CPU", "lossFrom": "logits"},
    {"train": train, "predict": predict},
)
