package org.mixdq4j.core.pipeline;

import org.mixdq4j.core.random.TorchRandom;

/** Where one image's unit-normal noise comes from, drawn in order: the start, then once per step that adds noise. */
public interface NoiseSource {
    float[] start(int count);

    float[] step(int step, int count);

    /** The numbers torch's CPU generator with this seed gives to a diffusers pipeline. */
    static NoiseSource seeded(long seed) {
        TorchRandom random = new TorchRandom(seed);
        return new NoiseSource() {
            @Override
            public float[] start(int count) {
                return random.normal(count);
            }

            @Override
            public float[] step(int step, int count) {
                return random.normal(count);
            }
        };
    }
}
