package org.mixdq4j.cli.command;

import picocli.CommandLine.Option;

/** Options of every command that runs a network. */
final class CommonOptions {
    @Option(names = "--json", description = "Print the summary as one JSON object.")
    boolean json;
}
