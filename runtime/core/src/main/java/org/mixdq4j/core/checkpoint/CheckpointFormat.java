package org.mixdq4j.core.checkpoint;

/** Names of files, fields and tensors of a quantized checkpoint; docs/artifacts.md describes them. */
final class CheckpointFormat {
    static final String CONFIG_FILE = "quantization_config.json";
    static final String WEIGHTS_FILE = "diffusion_pytorch_model.safetensors";
    static final String FORMAT = "mixdq4j-quantized";
    static final int VERSION = 1;

    static final String WEIGHT = ".weight";
    static final String BIAS = ".bias";
    static final String WEIGHT_SCALE = ".weight_scale";
    static final String INPUT_SCALE = ".input_scale";
    static final String INPUT_ZERO_POINT = ".input_zero_point";

    private CheckpointFormat() {}
}
