package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mixdq evaluate} with what cannot be evaluated: one sentence, before anything is drawn. */
class BadEvaluateArgumentsTest {
    @TempDir
    private Path folder;

    static Path resource(String name) {
        try {
            return Path.of(BadEvaluateArgumentsTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private Mixdq.Outcome evaluate(Object... more) {
        Path out = folder.resolve("eval");
        Mixdq.Outcome outcome = Mixdq.run(EvaluateTest.command(out, more));
        assertThat(out).doesNotExist();
        assertThat(folder.resolve("eval.partial")).doesNotExist();
        return outcome;
    }

    private Mixdq.Outcome evaluateCheckpoint(Object... more) {
        return evaluate(Mixdq.join(new Object[] {"--quantized", Shipped.checkpoint()}, more));
    }

    @Test
    void noCheckpoint() {
        evaluate().fails(2, "--quantized");
    }

    @Test
    void missingCaptions() {
        Path captions = folder.resolve("nowhere.json");
        Mixdq.run(
                        "evaluate",
                        "--model",
                        Shipped.MODEL,
                        "--quantized",
                        Shipped.checkpoint(),
                        "--captions",
                        captions,
                        "--count",
                        4,
                        "--out",
                        folder.resolve("eval"))
                .fails(2, "No captions file at " + captions);
    }

    @Test
    void moreCaptionsThanThereAre() throws IOException {
        Path captions = Files.writeString(folder.resolve("captions.txt"), "a red circle\na blue star\n");
        Mixdq.run(
                        "evaluate",
                        "--model",
                        Shipped.MODEL,
                        "--quantized",
                        Shipped.checkpoint(),
                        "--captions",
                        captions,
                        "--skip",
                        1,
                        "--count",
                        2,
                        "--out",
                        folder.resolve("eval"))
                .fails(2, "holds 2 captions but --skip 1 and --count 2 ask for 3");
    }

    @Test
    void twoCheckpointsOfOneName() throws IOException {
        Path other = folder.resolve("w8a8");
        evaluateCheckpoint("--quantized", other)
                .fails(2, "Two quantized checkpoints, " + Shipped.checkpoint() + " and " + other, "'w8a8'", "NAME=DIR");
    }

    @Test
    void nameThatIsNoFolder() {
        evaluate("--quantized", "float=" + Shipped.checkpoint()).fails(2, "cannot be called 'float'");
        evaluate("--quantized", "..=" + Shipped.checkpoint()).fails(2, "cannot be called '..'");
    }

    @Test
    void missingCheckpoint() {
        evaluate("--quantized", folder.resolve("nowhere")).fails(1, "There is no quantized checkpoint");
    }

    @Test
    void checkpointOfAnotherModel() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.element(Shipped.own(model, Shipped.UNET_WEIGHTS), "conv_in.weight", 0, 0x3c00);
        Mixdq.run(
                        "evaluate",
                        "--model",
                        model,
                        "--quantized",
                        Shipped.checkpoint(),
                        "--captions",
                        Shipped.CAPTIONS,
                        "--count",
                        2,
                        "--out",
                        folder.resolve("eval"))
                .fails(1, "was made from a model whose unet is", "--model " + model);
    }

    @Test
    void folderThatIsNoClip() {
        evaluateCheckpoint("--clip", folder).fails(1, "has no config.json, so it is no CLIP");
        evaluateCheckpoint("--clip", Shipped.MODEL.resolve("text_encoder"))
                .fails(1, "holds a CLIPTextModel", "CLIPModel");
    }

    @Test
    void referenceWithoutPictures() throws IOException {
        Files.writeString(folder.resolve("picture.webp"), "x");
        evaluateCheckpoint("--reference", folder).fails(2, "holds 0 PNG or JPEG files");
        evaluateCheckpoint("--reference", folder.resolve("nowhere")).fails(2, "There is no folder");
    }

    @Test
    void damagedTorchScript() throws IOException {
        Path damaged = folder.resolve("damaged.pt");
        Files.copy(resource("l2.pt"), damaged);
        Damage.cut(damaged, 900);
        evaluateCheckpoint("--lpips", damaged).fails(1, damaged + " is no TorchScript that PyTorch can load");
        evaluateCheckpoint("--inception", damaged).fails(1, damaged + " is no TorchScript that PyTorch can load");
        evaluateCheckpoint("--lpips", folder.resolve("no.pt")).fails(1, "There is no file");
    }

    @Test
    void torchScriptOfAnotherKind() {
        evaluateCheckpoint("--lpips", resource("colours.pt")).fails(1, "colours.pt does not take");
        evaluateCheckpoint("--inception", resource("l2.pt")).fails(1, "l2.pt does not take");
    }

    @Test
    void outputThatIsSomethingElse() throws IOException {
        Path out = Files.createDirectory(folder.resolve("mine"));
        Files.writeString(out.resolve("thesis.txt"), "x");
        Mixdq.run(EvaluateTest.command(out, "--quantized", Shipped.checkpoint(), "--overwrite"))
                .fails(2, "exists and is no evaluation");
        assertThat(out.resolve("thesis.txt")).exists();
    }

    @Test
    void countAndSkipOfNothing() {
        evaluateCheckpoint("--resamples", -1).fails(2, "--resamples is -1");
        Mixdq.run(
                        "evaluate",
                        "--model",
                        Shipped.MODEL,
                        "--quantized",
                        "x",
                        "--captions",
                        Shipped.CAPTIONS,
                        "--count",
                        0,
                        "--out",
                        folder.resolve("eval"))
                .fails(2, "--count 1 or more");
        Mixdq.run(
                        "evaluate",
                        "--model",
                        Shipped.MODEL,
                        "--quantized",
                        "x",
                        "--captions",
                        Shipped.CAPTIONS,
                        "--count",
                        1,
                        "--skip",
                        -1,
                        "--out",
                        folder.resolve("eval"))
                .fails(2, "--skip 0 or more");
    }
}
