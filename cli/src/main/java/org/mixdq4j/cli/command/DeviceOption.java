package org.mixdq4j.cli.command;

import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.PipelineSetup;
import picocli.CommandLine.Option;

/** What pictures are drawn on. */
final class DeviceOption {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = Executors.AUTO,
            description = "Executor to run on: auto, cpu, cuda, torch or another that 'mixdq doctor' lists. Default"
                    + " ${DEFAULT-VALUE}: the best that can run this here.")
    private String device;

    /** @param quantized whether layers of the network are */
    Executor executor(PipelineSetup setup, boolean quantized) {
        Graph graph = DiffusionNetwork.of(setup.model()).graph(setup.height(), setup.width(), setup.prompts());
        Set<String> layers = quantized ? graph.layers().stream().map(Node::id).collect(Collectors.toSet()) : Set.of();
        return Executors.named(device, graph, layers, setup.numerics());
    }
}
