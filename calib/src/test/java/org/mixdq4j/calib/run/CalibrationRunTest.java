package org.mixdq4j.calib.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.calib.captions.Caption;
import org.mixdq4j.calib.captions.Captions;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.pipeline.SamplingSettings;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Shape;

/** The stage on the tiny model: one set of four samples in shards of three and one is made once and copied. */
class CalibrationRunTest {
    private static final Path FILES = Path.of(System.getProperty("mixdq.root"), "util_files");
    private static final ModelFolder MODEL = ModelFolder.open(FILES.resolve("models/tiny-sdxl-turbo"));
    private static final List<Caption> CAPTIONS = Captions.read(FILES.resolve("captions/captions_shapes_val.json"), 4);

    @TempDir
    private static Path made;

    private static InstrumentedExecutor executor;
    private static CalibrationRun.Outcome first;

    @TempDir
    Path dir;

    private Path set;

    @BeforeAll
    static void makeASet() {
        executor = Executors.instrumented();
        first = run(plain(made.resolve("set")));
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    @BeforeEach
    void copyIt() throws IOException {
        set = dir.resolve("set");
        for (Path file : files(made.resolve("set"))) {
            Path copy = set.resolve(made.resolve("set").relativize(file));
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
        }
    }

    private static CalibrationRequest request(
            Path out, List<Caption> captions, int steps, double guidance, Optional<String> negative, int batch) {
        return new CalibrationRequest(
                MODEL,
                captions,
                PromptSettings.of(MODEL),
                SamplingSettings.of(MODEL, steps, guidance),
                negative,
                96,
                96,
                42,
                batch,
                3,
                out,
                Optional.empty());
    }

    private static CalibrationRequest plain(Path out) {
        return request(out, CAPTIONS, 1, 0, Optional.empty(), 4);
    }

    private static CalibrationRun.Outcome run(CalibrationRequest request) {
        return new CalibrationRun(request, executor, Progress.SILENT).run();
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static Map<String, String> digests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        for (Path file : files(folder)) {
            digests.put(folder.relativize(file).toString(), Sha256.of(file));
        }
        return digests;
    }

    @Test
    void makesAFinishedSetWithAPictureASample() {
        assertThat(first.alreadyFinished()).isFalse();
        assertThat(first.reused()).isZero();
        CalibrationSet opened = CalibrationSet.open(set);
        CalibrationManifest manifest = opened.manifest();

        assertThat(manifest.shardCount()).isEqualTo(2);
        assertThat(manifest.rows()).isEqualTo(1);
        assertThat(opened.rowCount()).isEqualTo(4);
        assertThat(manifest.samples())
                .extracting(sample -> sample.caption())
                .containsExactlyElementsOf(CAPTIONS.stream().map(Caption::text).toList());
        assertThat(manifest.samples()).extracting(sample -> sample.seed()).doesNotHaveDuplicates();
        for (int i = 0; i < 4; i++) {
            assertThat(Png.decode(set.resolve("images/0000" + i + ".png")).width())
                    .isEqualTo(96);
        }
        opened.forEachRow(row -> {
            assertThat(row.inputs().get("sample").shape()).isEqualTo(Shape.of(1, 4, 12, 12));
            assertThat(row.inputs().get("timestep").toFloatArray()).containsExactly(999);
            assertThat(row.output().shape()).isEqualTo(Shape.of(1, 4, 12, 12));
        });
    }

    @Test
    void aFinishedSetIsNotTouched() throws IOException {
        Map<String, String> before = digests(set);

        CalibrationRun.Outcome again = run(plain(set));

        assertThat(again.alreadyFinished()).isTrue();
        assertThat(again.manifest()).isEqualTo(first.manifest());
        assertThat(digests(set)).isEqualTo(before);
    }

    @Test
    void aMissingShardComesBackWithTheSameBytes() throws IOException {
        Map<String, String> before = digests(set);
        Files.delete(set.resolve("shard-00001.safetensors"));
        Files.delete(set.resolve("images/00003.png"));

        CalibrationRun.Outcome again = run(plain(set));

        assertThat(again.alreadyFinished()).isFalse();
        assertThat(again.reused()).isEqualTo(1);
        assertThat(digests(set)).isEqualTo(before);
    }

    @Test
    void anUnfinishedSetGoesOn() throws IOException {
        Map<String, String> before = digests(set);
        first.manifest().finished(List.of()).write(set);
        truncate(set.resolve("shard-00001.safetensors"));

        CalibrationRun.Outcome again = run(plain(set));

        assertThat(again.reused()).isEqualTo(1);
        assertThat(digests(set)).isEqualTo(before);
    }

    @Test
    void aChangedShardIsMadeAgainAndNeverVouchedFor() throws IOException {
        Map<String, String> before = digests(set);
        Path shard = set.resolve("shard-00001.safetensors");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length - 1] ^= 1;
        Files.write(shard, bytes);

        CalibrationRun.Outcome again = run(plain(set));

        assertThat(again.reused()).isEqualTo(1);
        assertThat(digests(set)).isEqualTo(before);
    }

    private static void truncate(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    }

    @Test
    void howManyAreDrawnTogetherChangesNoByte() throws IOException {
        run(request(dir.resolve("one"), CAPTIONS, 1, 0, Optional.empty(), 1));
        assertThat(digests(dir.resolve("one"))).isEqualTo(digests(set));
    }

    @Test
    void aSampleDependsOnItsCaptionAndSeedAlone() throws IOException {
        List<Caption> backwards = new ArrayList<>(CAPTIONS.subList(2, 4));
        java.util.Collections.reverse(backwards);
        run(request(dir.resolve("other"), backwards, 1, 0, Optional.empty(), 2));

        List<float[]> outputs = outputs(set);
        List<float[]> reversed = outputs(dir.resolve("other"));
        assertThat(reversed.get(0)).isEqualTo(outputs.get(3));
        assertThat(reversed.get(1)).isEqualTo(outputs.get(2)).isNotEqualTo(outputs.get(3));
        assertThat(Files.readAllBytes(dir.resolve("other/images/00000.png")))
                .isEqualTo(Files.readAllBytes(set.resolve("images/00003.png")));
    }

    private static List<float[]> outputs(Path folder) {
        List<float[]> outputs = new ArrayList<>();
        CalibrationSet.open(folder).forEachRow(row -> outputs.add(row.output().toFloatArray()));
        return outputs;
    }

    static Stream<Arguments> changes() {
        Optional<String> none = Optional.empty();
        return Stream.of(
                Arguments.arguments("steps 1 instead of 2", CAPTIONS, 2, 0.0, none),
                Arguments.arguments("guidance 0.0 instead of 2.0", CAPTIONS, 1, 2.0, none),
                Arguments.arguments(
                        "negative_prompt null instead of \"blurry\"", CAPTIONS, 1, 0.0, Optional.of("blurry")),
                Arguments.arguments("4 samples instead of 3", CAPTIONS.subList(0, 3), 1, 0.0, none));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void refusesToGoOnWithOtherSettings(
            String difference, List<Caption> captions, int steps, double guidance, Optional<String> negative)
            throws IOException {
        Map<String, String> before = digests(set);

        assertThatThrownBy(() -> run(request(set, captions, steps, guidance, negative, 4)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(set.toString())
                .hasMessageContaining(difference);
        assertThat(digests(set)).isEqualTo(before);
    }

    @Test
    void guidanceKeepsBothSidesOfEveryStep() {
        run(request(dir.resolve("guided"), CAPTIONS.subList(0, 2), 2, 2, Optional.empty(), 2));

        CalibrationSet guided = CalibrationSet.open(dir.resolve("guided"));
        assertThat(guided.manifest().rows()).isEqualTo(2);
        assertThat(guided.rowCount()).isEqualTo(8);
        try (SafetensorsFile shard = SafetensorsFile.open(guided.folder().resolve("shard-00000.safetensors"))) {
            assertThat(shard.shape("step.sample")).isEqualTo(Shape.of(2, 2, 2, 4, 12, 12));
            assertThat(shard.shape("prompt.encoder_hidden_states")).isEqualTo(Shape.of(2, 2, 77, 160));
        }
        List<CalibrationRow> rows = new ArrayList<>();
        guided.forEachRow(rows::add);
        for (int i = 0; i < rows.size(); i += 2) {
            CalibrationRow negative = rows.get(i);
            CalibrationRow positive = rows.get(i + 1);
            assertThat(List.of(negative.row(), positive.row())).containsExactly(0, 1);
            assertThat(negative.inputs().get("encoder_hidden_states").toFloatArray())
                    .as("no negative prompt: zeros")
                    .containsOnly(0);
            assertThat(positive.inputs().get("encoder_hidden_states").toFloatArray()[0])
                    .isNotZero();
            assertThat(positive.inputs().get("sample").toFloatArray())
                    .isEqualTo(negative.inputs().get("sample").toFloatArray());
            assertThat(positive.output().toFloatArray())
                    .isNotEqualTo(negative.output().toFloatArray());
        }
    }
}
