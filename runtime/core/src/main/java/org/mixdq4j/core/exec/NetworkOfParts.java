package org.mixdq4j.core.exec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.tensor.Tensor;

/** A network whose parts, each a network of its own, run one after the other. */
final class NetworkOfParts implements Network {
    private final Graph graph;
    private final List<Network> parts;
    private final List<Graph> graphs;

    /** @param parts of {@code graph}, closed with this; their inputs and outputs are called by ids */
    NetworkOfParts(Graph graph, List<Network> parts) {
        this.graph = graph;
        this.parts = List.copyOf(parts);
        this.graphs = parts.stream().map(Network::graph).toList();
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Session session() {
        return new OneAfterTheOther();
    }

    @Override
    public long weightBytes() {
        return parts.stream().mapToLong(Network::weightBytes).sum();
    }

    @Override
    public void close() {
        parts.forEach(Network::close);
    }

    private final class OneAfterTheOther implements Session {
        private final List<Session> sessions = new ArrayList<>();

        OneAfterTheOther() {
            parts.forEach(part -> sessions.add(part.session()));
        }

        @Override
        public void set(String input, Tensor tensor) {
            GraphInput declared = graph.inputs().get(input);
            if (declared == null) {
                throw new IllegalArgumentException(graph.name() + " needs inputs "
                        + graph.inputs().keySet() + ", got " + tensor + " for '" + input + "'");
            }
            for (int i = 0; i < sessions.size(); i++) {
                if (graphs.get(i).inputs().containsKey(input)) {
                    sessions.get(i).set(input, tensor);
                }
            }
        }

        @Override
        public Map<String, Tensor> run() {
            return run(graph.outputs().keySet());
        }

        @Override
        public Map<String, Tensor> run(Set<String> wanted) {
            for (String name : wanted) {
                if (!graph.outputs().containsKey(name)) {
                    throw new IllegalArgumentException(graph.name() + " has no output '" + name + "', only "
                            + graph.outputs().keySet());
                }
            }
            List<Set<String>> needed = PartwiseRun.needed(graph, graphs, wanted);
            Map<String, Tensor> values = new HashMap<>();
            for (int i = 0; i < sessions.size(); i++) {
                if (needed.get(i).isEmpty()) {
                    continue;
                }
                Session session = sessions.get(i);
                for (String input : graphs.get(i).inputs().keySet()) {
                    if (values.containsKey(input)) {
                        session.set(input, values.get(input));
                    }
                }
                values.putAll(session.run(needed.get(i)));
            }
            return PartwiseRun.outputs(graph, values, wanted);
        }

        @Override
        public void close() {
            sessions.forEach(Session::close);
        }
    }
}
