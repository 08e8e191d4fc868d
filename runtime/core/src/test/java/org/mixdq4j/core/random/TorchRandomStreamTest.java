package org.mixdq4j.core.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Values that torch 2.13 printed; the executor's tests compare with PyTorch itself, at many sizes. */
class TorchRandomStreamTest {
    private static final float[] SEED_7_3 = {-0.1467950940132141f, 0.7861412763595581f, 0.9468216300010681f};
    private static final float[] SEED_7_THEN_18 = {
        -0.17643792927265167f,
        1.7501723766326904f,
        -0.08102158457040787f,
        1.3614851236343384f,
        -1.3032166957855225f,
        0.08747837692499161f,
        -1.3849613666534424f,
        0.5035638809204102f,
        -0.08352822810411453f,
        -0.023477932438254356f,
        -2.056462526321411f,
        -0.35672253370285034f,
        1.0955804586410522f,
        0.48235416412353516f,
        1.3989183902740479f,
        1.4058529138565063f,
        -1.4012508392333984f,
        1.2973358631134033f
    };
    private static final float[] SEED_7_THEN_2 = {-1.1143440008163452f, 0.9732082486152649f};

    @Test
    void shortAndLongDrawsFollowEachOtherAsInTorch() {
        TorchRandom random = new TorchRandom(7);
        assertThat(random.normal(3)).isEqualTo(SEED_7_3);
        assertThat(random.normal(18)).containsExactly(SEED_7_THEN_18, within(2e-6f));
        // The first of these two is the spare of the three drawn first.
        assertThat(random.normal(2)).isEqualTo(SEED_7_THEN_2);
    }

    @Test
    void onlyTheLow32BitsOfASeedCount() {
        assertThat(new TorchRandom(0x1_0000_0005L).normal(3))
                .containsExactly(-0.4867807626724243f, -0.6038215756416321f, -0.5580962300300598f);
        assertThat(new TorchRandom(5).normal(40)).isEqualTo(new TorchRandom(0x1_0000_0005L).normal(40));
        assertThat(new TorchRandom(-3).normal(3))
                .containsExactly(0.5177019238471985f, -0.003518524579703808f, -1.547630786895752f);
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        assertThat(new TorchRandom(11).normal(1000)).isEqualTo(new TorchRandom(11).normal(1000));
        assertThat(new TorchRandom(11).normal(1000)).isNotEqualTo(new TorchRandom(12).normal(1000));
    }

    @Test
    void drawingNothingLeavesTheStreamAlone() {
        TorchRandom random = new TorchRandom(7);
        assertThat(random.normal(0)).isEmpty();
        assertThat(random.normal(3)).isEqualTo(SEED_7_3);
    }

    @Test
    void sampleSeedsAreReproducibleAndSpread() {
        // SplitMix64 started at 0 first gives 0xe220a8397b1dcdaf, then 0x6e789e6aa1b965f4.
        assertThat(TorchRandom.seedOf(0, 0)).isEqualTo(0xe220a839L);
        assertThat(TorchRandom.seedOf(1, 0)).isEqualTo(0x6e789e6aL);
        Set<Long> seeds = new HashSet<>();
        for (long id = -500; id < 500; id++) {
            long seed = TorchRandom.seedOf(id, 42);
            assertThat(seed).isBetween(0L, 0xffffffffL);
            seeds.add(seed);
        }
        assertThat(seeds).hasSize(1000).doesNotContain(TorchRandom.seedOf(0, 43));
    }
}
