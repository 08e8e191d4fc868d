package org.mixdq4j.cli.command;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The calibration set that a stage reads. */
final class CalibrationOption {
    @Option(
            names = "--calib",
            required = true,
            paramLabel = "DIR",
            description = "Calibration set made with that model.")
    Path folder;
}
