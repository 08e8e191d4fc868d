package org.mixdq4j.cuda.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.lower.describe.ProgramTable;
import org.mixdq4j.core.lower.describe.StepLine;
import org.mixdq4j.cuda.OneStep;

/** What networks of full size are launched as: whatever multiplies much does it on tensor cores. */
class FullSizePlansTest {
    /** Multiplications of a step that may do without: the first convolution of SD3's decoder has 1.2e9, all of it 1e12. */
    private static final long FEW = 1_500_000_000;

    @Test
    void heavyStepsRunOnTensorCores() {
        List<String> slow = new ArrayList<>();
        // The device whose kernels have less memory to share. Hopper's own fall back to these.
        FullSizeKernels.forEach(OneStep.AMPERE, 2, (name, program, steps) -> {
            List<StepLine> lines = ProgramTable.of(program).steps();
            for (int i = 0; i < steps.size(); i++) {
                StepLine line = lines.get(i);
                if (line.multiplications() > FEW
                        && steps.get(i).launches().stream()
                                .anyMatch(launch -> isPlain(launch.kernel().entry()))) {
                    slow.add(name + ": " + line.id() + ", " + line.kind() + ", " + line.multiplications());
                }
            }
        });
        assertThat(slow).isEmpty();
    }

    private static boolean isPlain(String entry) {
        return entry.startsWith("plain") || entry.equals("shortProduct");
    }
}
