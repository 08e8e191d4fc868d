package org.mixdq4j.core.exec;

import java.util.Optional;
import org.mixdq4j.core.graph.Graph;

/** A network that is the only one of its weights, and frees them with it. */
record NetworkWithWeights(Network network, Loaded loaded) implements Network {
    @Override
    public Graph graph() {
        return network.graph();
    }

    @Override
    public Session session() {
        return network.session();
    }

    @Override
    public long weightBytes() {
        return network.weightBytes();
    }

    @Override
    public Optional<ProgramNetwork> lowered() {
        return network.lowered();
    }

    @Override
    public void close() {
        network.close();
        loaded.close();
    }
}
