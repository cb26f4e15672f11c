"""Classic's networks in Keras, as its model.py makes them: layers without names, in this order."""

import keras
from keras import layers


def conv_unit(x, filters: int, k: int, norm: bool, activation: str = "relu"):
    x = layers.Conv2D(filters, k, activation=activation, padding="same", kernel_initializer="he_normal")(x)
    return layers.BatchNormalization()(x) if norm else x


def seed_model(architecture: str, base: int, depth: int, channels: int) -> keras.Model:
    """`unet_norm/direct`: without the layer of two channels before the last one."""
    architecture, _, head = architecture.partition("/")
    norm = architecture == "unet_norm"
    inputs = x = layers.Input((None, None, channels))
    skips = []
    for level in range(depth + 1):
        x = conv_unit(x, base << level, 3, norm)
        x = conv_unit(x, base << level, 3, norm)
        if level >= depth - 1 and architecture != "unet_small":
            x = layers.Dropout(0.5)(x)
        if level < depth:
            skips.append(x)
            x = layers.MaxPooling2D(pool_size=(2, 2))(x)
    for level in reversed(range(depth)):
        x = conv_unit(layers.UpSampling2D(size=(2, 2))(x), base << level, 2, False)
        x = layers.concatenate([skips.pop(), x], axis=3)
        x = conv_unit(x, base << level, 3, norm)
        x = conv_unit(x, base << level, 3, norm)
    if head != "direct":
        x = conv_unit(x, 2, 3, norm)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def in_double(model: keras.Model, plan: tuple) -> keras.Model:
    """The same network with the same weights in double precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        double = seed_model(*plan)
    finally:
        keras.config.set_dtype_policy(before)
    double.set_weights([weight.astype("float64") for weight in model.get_weights()])
    return double
