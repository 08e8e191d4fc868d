package org.mixdq4j.bench.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** JMH finds the benchmark and runs what was asked for; names, by which it asks, are unique. */
class KernelTimesTest {

    @Test
    void kernelsAreMeasuredByName() {
        List<KernelTimes.Row> rows = new ArrayList<>();
        new KernelTimes(2, 0, 2, 10).measure("add 256x", rows::add);
        assertThat(rows).singleElement().satisfies(row -> {
            assertThat(row.name()).isEqualTo("add 256x1280");
            assertThat(row.micros()).isPositive();
            assertThat(row.rate()).isBetween(0.01, 10_000.0);
        });
    }

    @Test
    void eachKernelHasANameOfItsOwn() {
        assertThat(Kernels.all())
                .extracting(Kernel::name)
                .doesNotHaveDuplicates()
                .hasSizeGreaterThan(30);
    }
}
