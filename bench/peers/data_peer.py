"""An epoch of a small network on a folder of pictures in TensorFlow's Keras on the CPU: python data_peer.py FOLDER BATCH.

Prints {"event": "step"} after the first batch and {"event": "epoch"} after the last.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

try:
    import tf_keras as keras
except ImportError:
    from tensorflow import keras

folder, batch = sys.argv[1], int(sys.argv[2])
layers = keras.layers
model = keras.Sequential(
    [
        layers.AveragePooling2D(4, input_shape=(64, 64, 3)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy", metrics=["acc"])
generator = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
data = generator.flow_from_directory(folder, target_size=(64, 64), batch_size=batch)


class Events(keras.callbacks.Callback):
    def on_train_batch_end(self, step, logs=None):
        if step == 0:
            print(json.dumps({"event": "step"}), flush=True)

    def on_epoch_end(self, epoch, logs=None):
        print(json.dumps({"event": "epoch"}), flush=True)


model.fit(data, epochs=1, verbose=0, callbacks=[Events()])
