package org.mixdq4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;

class CpuExecutorProviderTest {
    @Test
    void isFoundAsAService() {
        try (Executor executor = Executors.named("cpu")) {
            assertThat(executor.description()).matches("cpu \\(oneDNN \\d+\\.\\d+\\.\\d+, \\w+, \\d+ threads\\)");
        }
        assertThat(Executors.providers()).anyMatch(p -> p instanceof CpuExecutorProvider && p.rank() == 10);
    }

    @Test
    void describesProcessorAndLibraries() {
        List<String> lines = new CpuExecutorProvider().describe();
        assertThat(lines).anyMatch(line -> line.contains("instruction sets:"));
        assertThat(lines).anyMatch(line -> line.startsWith("oneDNN "));
    }

    @Test
    void namesTheInstructionSetsThatMatter() {
        InstructionSets cpu = InstructionSets.parse(List.of(
                "processor\t: 0", "model name\t: Some CPU @ 2.0GHz", "flags\t\t: fpu avx512_vnni avx2 avx512f sse4_2"));
        assertThat(cpu.processor()).isEqualTo("Some CPU @ 2.0GHz");
        assertThat(cpu.relevant()).containsExactly("avx2", "avx512f", "avx512_vnni");
        assertThat(InstructionSets.parse(List.of()).relevant()).isEmpty();
    }
}
