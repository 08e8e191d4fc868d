package org.mixdq4j.core.lower.describe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.TokenParams;

/** What a person reads of a program adds up to the program. */
class ProgramTableTest {
    private static Program sd3(Targets target) {
        Graph graph =
                Networks.build(Shipped.config("full_size/sd3-medium/transformer"), new NetworkShape(1, 64, 64, 154));
        LayerForm.Part[] part = new LayerForm.Part[1];
        return Lowering.lower(
                graph,
                id -> {
                    int inputs = graph.node(id).layer().inputs();
                    part[0] = new LayerForm.Part(0, inputs, Optional.of(new TokenParams(8)));
                    return id.equals("pos_embed.proj")
                            ? Optional.empty()
                            : Optional.of(new LayerForm(List.of(part[0]), 8, false, Optional.empty()));
                },
                Set.of("encoder_hidden_states", "pooled_projections"),
                target);
    }

    @Test
    void blocksStandForAllSteps() {
        ProgramTable table = ProgramTable.of(sd3(Targets.ALL));
        List<StepLine> told = new ArrayList<>();
        for (ProgramTable.Block block : table.blocks()) {
            for (int i = 0; i < block.times(); i++) {
                block.steps().forEach(line -> told.add(line.withoutId()));
            }
        }
        assertThat(told)
                .isEqualTo(table.steps().stream().map(StepLine::withoutId).toList());
        assertThat(table.blocks().stream()
                        .mapToInt(block -> block.steps().size())
                        .sum())
                .as("24 blocks of 13 steps are not told one by one")
                .isLessThan(table.steps().size() / 4);
    }

    @Test
    void countsTheMultiplicationsOfTheGraph() {
        long tokens = 32 * 32;
        long width = 1536;
        long text = 154;
        // Of block 0: queries, keys, values and the way out, feed-forward of 4 times the width, attention over all
        // tokens.
        long block = (tokens + text) * (4 + 8) * width * width + 2 * (tokens + text) * (tokens + text) * width;
        long inBlock = ProgramTable.of(sd3(Targets.NONE)).steps().stream()
                .filter(line -> line.id().startsWith("transformer_blocks.0.")
                        && !line.id().contains(".linear"))
                .mapToLong(StepLine::multiplications)
                .sum();
        assertThat(inBlock).isEqualTo(block);
        assertThat(ProgramTable.of(sd3(Targets.NONE)).total().multiplications())
                .isEqualTo(ProgramTable.of(sd3(Targets.ALL)).total().multiplications());
    }

    @Test
    void saysWhatWasFused() {
        List<StepLine> steps = ProgramTable.of(sd3(Targets.ALL)).steps();
        assertThat(steps).anySatisfy(line -> {
            assertThat(line.kind()).isEqualTo("3 linears, INT8");
            assertThat(line.reads()).isEqualTo("U8 1024x1536");
            assertThat(line.writes()).isEqualTo("F32 1024x4608");
        });
        assertThat(steps).anySatisfy(line -> {
            assertThat(line.kind()).isEqualTo("layer norm");
            assertThat(line.with()).isEqualTo("modulate, quantize");
        });
        assertThat(steps).anySatisfy(line -> assertThat(line.with()).isEqualTo("x row, + value"));
        assertThat(ProgramTable.of(sd3(Targets.ALL)).total().bytes())
                .isLessThan(ProgramTable.of(sd3(Targets.NONE)).total().bytes() / 2);
    }
}
