package org.mixdq4j.ptq.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

class WorstLayersTest {
    private static final Map<String, Double> ALONE = Map.of("large", 30.0, "small", 31.0, "middle", 32.0, "good", 60.0);
    private static final Map<String, Double> WORK = Map.of("large", 900.0, "small", 10.0, "middle", 80.0, "good", 10.0);

    @Test
    void whatDoesNotFitIsPassedOver() {
        assertThat(WorstLayers.kept(ALONE, WORK, 0.02)).containsOnlyKeys("small");
        assertThat(WorstLayers.kept(ALONE, WORK, 0.09)).containsOnlyKeys("small", "middle");
        assertThat(WorstLayers.kept(ALONE, WORK, 0.005)).isEmpty();
        assertThat(WorstLayers.kept(ALONE, WORK, 0)).isEmpty();
    }

    @Test
    void layersThatHurtLittleStayInIntegers() {
        assertThat(WorstLayers.kept(ALONE, WORK, 1)).containsOnlyKeys("large", "small", "middle");
        assertThat(WorstLayers.kept(ALONE, WORK, 1).get("small")).contains("31.0 dB");
    }

    @Test
    void anOutputThatWasNoNumberIsTheWorst() {
        Map<String, Double> alone = Map.of("large", Double.NaN, "small", 33.0, "middle", 60.0, "good", 60.0);
        assertThat(WorstLayers.kept(alone, WORK, 0.905)).containsOnlyKeys("large");
        assertThat(WorstLayers.kept(alone, WORK, 0.91)).containsOnlyKeys("large", "small");
    }

    @Test
    void workIsCountedAtTheSizeOfTheGraph() {
        GraphBuilder builder = new GraphBuilder("one layer");
        GraphBuilder.Value in = builder.input("in", DType.F32, Shape.of(1, 7, 2));
        builder.output("out", builder.add("layer", new Linear(2, 3, true), in));
        Graph graph = builder.build();
        assertThat(WorstLayers.work(graph)).isEqualTo(Map.of("layer", 7.0 * 2 * 3));
    }
}
