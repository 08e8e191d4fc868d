package org.mixdq4j.torch.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.torch.array.Torch;

class FakeQuantizerTest {
    @ParameterizedTest(name = "[{0}, {1}] in {2} bits")
    @CsvSource({"-0.7,0.9,8", "0,1,8", "-3,0,4", "-1e-4,2e-4,2", "-1000,30,8", "-0.1,0.3,3"})
    void hasTheBitsOfTheDefinition(double lo, double hi, int bits) {
        AffineParams params = AffineParams.ofRange(lo, hi, bits);
        Random random = new Random(11);
        float[] x = new float[4099];
        for (int i = 0; i < x.length; i++) {
            // Half of them in the middle between two levels, where the rule for ties and any fused step would show.
            x[i] = i % 2 == 0
                    ? (float) (lo + (hi - lo) * (random.nextDouble() * 1.4 - 0.2))
                    : (random.nextInt(1 << bits) - params.zeroPoint() + 0.5f) * params.scale();
        }
        float[] expected = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            expected[i] = params.dequantize(params.quantize(x[i]));
        }
        assertThat(Torch.failure()).isEmpty();
        try (NDManager manager = Torch.newManager()) {
            NDArray input = manager.create(x);
            // Adding zero gives minus zero the sign that integers cannot hold.
            assertThat(FakeQuantizer.roundTrip(input, params).add(0f).toFloatArray())
                    .isEqualTo(expected);
            assertThat(input.toFloatArray()).as("the input is untouched").isEqualTo(x);
        }
    }
}
