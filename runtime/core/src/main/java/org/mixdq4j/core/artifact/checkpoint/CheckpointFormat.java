package org.mixdq4j.core.artifact.checkpoint;

/** Names of files, fields and tensors of a quantized checkpoint; docs/artifacts.md describes them. */
final class CheckpointFormat {
    static final String CONFIG_FILE = "quantization_config.json";
    static final String WEIGHTS_FILE = "diffusion_pytorch_model.safetensors";
    static final String ENCODER_WEIGHTS_FILE = "model.safetensors";
    static final String FORMAT = "mixdq4j-quantized";
    /** 2: weights of fewer than 8 bits are packed. 3: inputs quantized token by token, or with balanced channels. 4: inputs rotated. */
    static final int VERSION = 4;

    /** Metadata of the weights file: digest of the configuration it was written with. */
    static final String CONFIG_DIGEST = "config";

    /** Ends the name of a folder whose checkpoint is being made. */
    static final String PARTIAL = ".partial";

    static final String WEIGHT = ".weight";
    static final String BIAS = ".bias";
    static final String WEIGHT_SHAPE = ".weight_shape";
    static final String WEIGHT_MULTIPLIER = ".weight_multiplier";
    static final String WEIGHT_SCALE = ".weight_scale";
    static final String INPUT_SCALE = ".input_scale";
    static final String INPUT_ZERO_POINT = ".input_zero_point";
    static final String INPUT_MULTIPLIER = ".input_multiplier";

    private CheckpointFormat() {}
}
