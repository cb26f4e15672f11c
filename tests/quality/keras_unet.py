"""The U-Net in Keras, on TensorFlow: of Keras's backends the fastest on a CPU."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers, ops  # noqa: E402


def unet(base, depth):
    def conv(x, filters, size):
        return layers.Conv2D(filters, size, activation="relu", padding="same", kernel_initializer="he_normal")(x)

    def block(x, filters):
        for _ in range(2):
            x = layers.BatchNormalization()(conv(x, filters, 3))
        return x

    x = inputs = keras.Input((None, None, 3))
    skips = []
    for level in range(depth + 1):
        x = block(layers.MaxPooling2D()(x) if skips else x, base << level)
        skips.append(x)
    skips.pop()
    for level in reversed(range(depth)):
        x = conv(layers.UpSampling2D()(x), base << level, 2)
        x = block(layers.Concatenate()([skips.pop(), x]), base << level)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def loss_of(target, p):
    dice = (2 * ops.sum(p * target) + 1) / (ops.sum(p) + ops.sum(target) + 1)
    return ops.mean(keras.losses.binary_crossentropy(target, p)) + 1 - dice


class Net:
    name = "keras"

    def __init__(self, options, seed):
        if not tf.config.threading.get_intra_op_parallelism_threads():
            tf.config.threading.set_intra_op_parallelism_threads(options.threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        self.net = unet(options.base, options.depth)
        self.net.compile(optimizer=keras.optimizers.Adam(options.lr), loss=loss_of, jit_compile=False)
        self.forward = tf.function(
            lambda x: self.net(x, training=False),
            input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)],
        )

    def step(self, images, masks):
        self.net.train_on_batch(images, masks)

    def predict(self, images):
        return self.forward(tf.constant(images)).numpy()
