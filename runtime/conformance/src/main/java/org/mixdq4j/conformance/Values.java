package org.mixdq4j.conformance;

import java.util.Random;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What inputs hold. */
enum Values {
    /** Of about one. */
    NORMAL {
        @Override
        float at(int index, Random random) {
            return (float) random.nextGaussian();
        }
    },
    /** Of many magnitudes, with zeros of both signs. */
    WIDE {
        @Override
        float at(int index, Random random) {
            float value = (float) (random.nextGaussian() * Math.exp(2 * random.nextGaussian()));
            return index % 11 == 0 ? (index % 2 == 0 ? 0f : -0f) : value;
        }
    },
    /** All but nothing: the smallest numbers there are, below those of full precision. */
    DENORMAL {
        @Override
        float at(int index, Random random) {
            return (float) (random.nextGaussian() * 0x1p-130);
        }
    },
    TINY {
        @Override
        float at(int index, Random random) {
            return (float) (random.nextGaussian() * 1e-12);
        }
    },
    HUGE {
        @Override
        float at(int index, Random random) {
            return (float) (random.nextGaussian() * 1e12);
        }
    },
    ZERO {
        @Override
        float at(int index, Random random) {
            return 0;
        }
    };

    abstract float at(int index, Random random);

    Tensor of(Shape shape, long seed) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, at(i, random));
        }
        return tensor;
    }
}
