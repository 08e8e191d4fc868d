package org.mixdq4j.cli.command;

import org.mixdq4j.cli.terminal.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mixdq} itself: only a place for the commands. */
@Command(
        name = "mixdq",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Quantizes text-to-image diffusion models and runs them with integer arithmetic.",
        subcommands = {
            DemoCommand.class,
            CalibrateCommand.class,
            SensitivityCommand.class,
            PtqCommand.class,
            AllocateCommand.class,
            InferCommand.class,
            EvaluateCommand.class,
            ExportCommand.class,
            ConvertCommand.class,
            ReportCommand.class,
            InfoCommand.class,
            DoctorCommand.class,
            ParityCommand.class
        },
        footer = {
            "",
            "Start with 'mixdq demo', or with your own model:",
            "  mixdq calibrate --model DIR --captions captions_val2014.json --samples 64 --out out/calib",
            "  mixdq ptq --model DIR --calib out/calib --scheme configs/schemes/w8a8.yaml --out out/w8a8",
            "  mixdq infer --model DIR --quantized out/w8a8 --prompt \"a red circle\" --out out.png"
        })
public final class RootCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Give a command: " + String.join(", ", spec.subcommands().keySet()) + ".");
    }
}
