package org.mixdq4j.cpu.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.cpu.onednn.OneDnn;

/**
 * Processors without VNNI add pairs of byte products in 16 bits that saturate. A process of its own is told to use such
 * kernels, and must give the same integers.
 */
class OlderProcessorTest {
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"AVX2", "AVX512_CORE", "SSE41"})
    void integersAreTheSame(String isa) throws IOException, InterruptedException {
        Process child = start(isa);
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(child.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(child.exitValue()).as(output).isZero();
        assertThat(output).contains("vnni false").doesNotContain("isa avx512_core_vnni");
    }

    private static Process start(String isa) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // For seconds of work.
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName());
        builder.environment().put("ONEDNN_MAX_CPU_ISA", isa);
        builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
        return builder.redirectErrorStream(true).start();
    }

    /** Runs in the child: the cases of the other tests whose integers come close to the limits, and some others. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            System.out.println(
                    "isa " + OneDnn.get().isa() + ", vnni " + OneDnn.get().vnni());
            long checked = LinearLayersTest.cases()
                    .filter(c -> c.seed() % 3 == 0 || c.fill() != LayerCase.Fill.RANDOM)
                    .peek(c -> run(c, () -> new LinearLayersTest().agreesWithTheReference(c)))
                    .count();
            checked += Conv2dLayersTest.cases()
                    .filter(c -> c.seed() % 3 == 0 || c.fill() != LayerCase.Fill.RANDOM)
                    .peek(c -> run(c, c::check))
                    .count();
            checked += PackedLayersTest.cases()
                    .peek(c -> run(c, () -> new PackedLayersTest().areBitEqualToTheReferenceAndToUnpackedOnes(c)))
                    .count();
            checked += TokenLayersTest.cases()
                    .peek(c -> run(c, () -> new TokenLayersTest().equalsTheDefinitionToTheBit(c)))
                    .count();
            System.out.println(checked + " layers agree");
        }

        private static void run(Object id, Runnable check) {
            try {
                check.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(id.toString(), e);
            }
        }
    }
}
