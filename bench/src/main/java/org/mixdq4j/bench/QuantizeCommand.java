package org.mixdq4j.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.mixdq4j.bench.picture.ModelQuantizer;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.step.ComponentQuantizer;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench/run quantize}: a checkpoint without a calibration set. */
@Command(
        name = "quantize",
        mixinStandardHelpOptions = true,
        description = "Quantizes a component or a model by a scheme, with static ranges from a few random calls.")
final class QuantizeCommand implements Callable<Integer> {
    /** Of a CLIP prompt. */
    private static final int TOKENS = 77;

    @ArgGroup(multiplicity = "1")
    private What what;

    private static final class What {
        @Option(names = "--component", required = true, paramLabel = "DIR", description = "Component with weights.")
        private Path component;

        @Option(
                names = "--model",
                required = true,
                paramLabel = "DIR",
                description = "Model: its noise predictor, and its decoder and text encoders where the scheme says so.")
        private Path model;
    }

    @Option(names = "--scheme", required = true, paramLabel = "FILE", description = "Quantization scheme.")
    private Path scheme;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the checkpoint.")
    private Path out;

    @Option(names = "--calls", defaultValue = "2", description = "Random calls; 0: no layer has a static range.")
    private int calls;

    @Option(names = "--side", defaultValue = "32", description = "Height and width of their latents.")
    private int side;

    @Override
    public Integer call() {
        Scheme how = SchemeReader.read(scheme);
        NetworkShape shape = new NetworkShape(1, side, side, TOKENS);
        ProgressLine progress = ProgressLine.standard();
        if (what.model == null) {
            ComponentQuantizer.write(Component.open(what.component), how, shape, calls, out, progress);
        } else {
            ModelQuantizer.write(what.model, how, shape, calls, out, progress);
        }
        return 0;
    }
}
