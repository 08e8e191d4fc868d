package org.mixdq4j.sensitivity.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.analysis.LayerGroups;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.sensitivity.PreparedSets;
import org.mixdq4j.sensitivity.variant.Variant;

/** Tables and CSV of made-up scores, read back. */
class SensitivityFilesTest {
    private static final Graph GRAPH = PreparedSets.graph();
    private static final Map<String, LayerGroup> GROUPS = LayerGroups.of(GRAPH);

    @TempDir
    private Path root;

    private SensitivityFolder folder;

    @BeforeEach
    void open() {
        folder = SensitivityFolder.open(root);
    }

    private static List<Variant> variants(Part part, int... bits) {
        List<Variant> variants = new ArrayList<>();
        for (Node layer : GRAPH.layers()) {
            for (int b : bits) {
                variants.add(new Variant(layer.id(), part, b));
            }
        }
        return variants;
    }

    /** Some score for each; every tenth layer changes nothing at 8 bits. */
    private static Map<Variant, Score> scores(List<Variant> variants, double factor) {
        Map<Variant, Score> scores = new LinkedHashMap<>();
        for (Variant variant : variants) {
            double sqnr = factor * (variant.bits() * 6 + scores.size() / 7.0);
            boolean same = variant.bits() == 8 && scores.size() % 10 == 0;
            boolean content = GROUPS.get(variant.layer()) == LayerGroup.CONTENT;
            scores.put(
                    variant,
                    new Score(
                            same ? Double.POSITIVE_INFINITY : sqnr,
                            content ? same ? 1 : 1 - Math.pow(10, -sqnr / 10) : Double.NaN));
        }
        return scores;
    }

    @Test
    void yamlReadsBackToTheBit() {
        List<Variant> variants = variants(Part.WEIGHTS, 2, 4, 8);
        Map<Variant, Score> exact = scores(variants, 1);
        SensitivityFiles.write(folder, new Sensitivities(GRAPH, variants, exact, Map.of()), "made up");
        SensitivityTable sqnr = SensitivityTable.read(folder.sqnr(Part.WEIGHTS), List.of());
        SensitivityTable ssim = SensitivityTable.read(folder.ssim(Part.WEIGHTS), List.of());
        assertThat(sqnr.columns()).containsExactly(2, 4, 8);
        assertThat(sqnr.layers()).hasSize(GRAPH.layers().size());
        int infinite = 0;
        for (Variant variant : variants) {
            Score score = exact.get(variant);
            assertThat(sqnr.layers().get(variant.layer()).get(variant.bits())).isEqualTo(score.sqnr());
            infinite += Double.isInfinite(score.sqnr()) ? 1 : 0;
            if (GROUPS.get(variant.layer()) == LayerGroup.CONTENT) {
                assertThat(ssim.layers().get(variant.layer()).get(variant.bits()))
                        .isEqualTo(score.ssim());
            }
        }
        assertThat(infinite).isGreaterThan(10);
        assertThat(ssim.layers().keySet())
                .allMatch(id -> GROUPS.get(id) == LayerGroup.CONTENT)
                .hasSize((int) GROUPS.values().stream()
                        .filter(LayerGroup.CONTENT::equals)
                        .count());
        SizeTable sizes = SizeTable.read(folder.sizes(Part.WEIGHTS), OptionalDouble.empty(), 11520);
        assertThat(sizes.layers()).isEqualTo(LayerSizes.weights(GRAPH));
        assertThat(folder.has(Part.ACTIVATIONS)).isFalse();
    }

    @Test
    void yamlIsLaidOutAsMixdqHasIt() throws IOException {
        List<Variant> variants = variants(Part.ACTIVATIONS, 4, 8);
        SensitivityFiles.write(folder, new Sensitivities(GRAPH, variants, scores(variants, 1), Map.of()), "made up");
        List<String> lines = Files.readAllLines(folder.sqnr(Part.ACTIVATIONS));
        assertThat(lines.subList(0, 2)).containsExactly("# made up", "# bits: 4, 8");
        assertThat(lines.subList(2, lines.size()))
                .isSorted()
                .allMatch(line -> line.matches("model\\.[a-z0-9_.]+: \\[[0-9.]+, ([0-9.]+|\\.inf)\\]"));
    }

    @Test
    void csvHasALineAVariant() throws IOException {
        List<Variant> variants = new ArrayList<>(variants(Part.WEIGHTS, 4, 8));
        variants.addAll(variants(Part.ACTIVATIONS, 8));
        Map<Variant, Score> exact = scores(variants, 1);
        Map<Variant, Score> estimated = scores(variants, 0.9);
        SensitivityFiles.write(folder, new Sensitivities(GRAPH, variants, exact, estimated), "made up");
        List<String> lines = Files.readAllLines(root.resolve(SensitivityFiles.CSV));
        assertThat(lines).hasSize(1 + variants.size());
        assertThat(lines.get(0))
                .isEqualTo("layer,group,type,depth,kind,bits,elements,sqnr_db,ssim,estimate_db,estimate_ssim");
        List<String> ids = GRAPH.layers().stream().map(Node::id).toList();
        for (int i = 0; i < variants.size(); i++) {
            Variant variant = variants.get(i);
            String[] cells = lines.get(i + 1).split(",", -1);
            assertThat(cells).hasSize(11);
            assertThat(cells[0]).isEqualTo(variant.layer());
            assertThat(cells[1]).isEqualTo(GROUPS.get(variant.layer()).word());
            assertThat(cells[3]).isEqualTo(String.valueOf(ids.indexOf(variant.layer())));
            assertThat(cells[4]).isEqualTo(variant.part().word());
            assertThat(cells[5]).isEqualTo(String.valueOf(variant.bits()));
            assertThat(Double.parseDouble(cells[7]))
                    .isEqualTo(exact.get(variant).sqnr());
            assertThat(cells[8].isEmpty()).isEqualTo(cells[1].equals("quality"));
            assertThat(Double.parseDouble(cells[9]))
                    .isEqualTo(estimated.get(variant).sqnr());
            assertThat(cells[10].isEmpty()).isEqualTo(cells[1].equals("quality"));
        }
        assertThat(lines.get(1 + ids.indexOf("conv_in") * 2)).startsWith("conv_in,quality,conv,");
    }

    @Test
    void estimatesStandInTheTablesWhereNothingWasMeasured() throws IOException {
        List<Variant> variants = variants(Part.WEIGHTS, 4);
        Map<Variant, Score> estimated = scores(variants, 1);
        SensitivityFiles.write(folder, new Sensitivities(GRAPH, variants, Map.of(), estimated), "estimated");
        SensitivityTable sqnr = SensitivityTable.read(folder.sqnr(Part.WEIGHTS), List.of());
        Variant first = variants.get(0);
        assertThat(sqnr.layers().get(first.layer()).get(4))
                .isEqualTo(estimated.get(first).sqnr());
        String[] cells =
                Files.readAllLines(root.resolve(SensitivityFiles.CSV)).get(1).split(",", -1);
        assertThat(cells[7]).isNotEmpty().isEqualTo(cells[9]);
    }

    @Test
    void tablesOfAPartThatWasNotAskedForGo() {
        List<Variant> acts = variants(Part.ACTIVATIONS, 4);
        SensitivityFiles.write(folder, new Sensitivities(GRAPH, acts, scores(acts, 1), Map.of()), "made up");
        assertThat(folder.has(Part.ACTIVATIONS)).isTrue();
        List<Variant> weights = variants(Part.WEIGHTS, 4);
        SensitivityFiles.write(folder, new Sensitivities(GRAPH, weights, scores(weights, 1), Map.of()), "made up");
        assertThat(folder.has(Part.ACTIVATIONS)).isFalse();
        assertThat(folder.has(Part.WEIGHTS)).isTrue();
        SensitivityFiles.delete(folder);
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void correlationIsOverLayersAtTheSameBitsAndOverAll() {
        List<Variant> variants = variants(Part.WEIGHTS, 4, 8);
        Map<Variant, Score> exact = new LinkedHashMap<>();
        Map<Variant, Score> estimated = new LinkedHashMap<>();
        for (Variant variant : variants) {
            int sign = variant.bits() == 4 ? -1 : 1;
            exact.put(variant, new Score(variant.bits() * 1000 + exact.size(), Double.NaN));
            estimated.put(variant, new Score(variant.bits() * 1000 + sign * exact.size(), Double.NaN));
        }
        Sensitivities found = new Sensitivities(GRAPH, variants, exact, estimated);
        assertThat(found.rankCorrelationByBits(Part.WEIGHTS, false))
                .containsEntry(4, -1.0)
                .containsEntry(8, 1.0);
        assertThat(found.rankCorrelation(Part.WEIGHTS, false).orElseThrow()).isBetween(0.4, 0.8);
        assertThat(found.rankCorrelation(Part.WEIGHTS, true)).isEmpty();
        assertThat(found.rankCorrelation(Part.ACTIVATIONS, false)).isEmpty();
        assertThat(new Sensitivities(GRAPH, variants, exact, Map.of()).rankCorrelation(Part.WEIGHTS, false))
                .isEmpty();
    }
}
