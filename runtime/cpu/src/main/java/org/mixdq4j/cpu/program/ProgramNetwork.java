package org.mixdq4j.cpu.program;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Program;

/** A program and the weights it runs with. The first session is made when it is planned, so that weights are packed then. */
final class ProgramNetwork implements Network {
    private final Graph graph;
    private final Program program;
    private final ProgramWeights weights;
    private final List<ProgramSession> sessions = new ArrayList<>();
    private ProgramSession spare;

    ProgramNetwork(Graph graph, Program program, ProgramWeights weights) {
        this.graph = graph;
        this.program = program;
        this.weights = weights;
        this.spare = open();
    }

    private ProgramSession open() {
        ProgramSession session = new ProgramSession(this, weights);
        sessions.add(session);
        return session;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    Program program() {
        return program;
    }

    @Override
    public Session session() {
        ProgramSession session = spare == null ? open() : spare;
        spare = null;
        return session;
    }

    /** One that was used may serve again: to plan its steps anew would take longer than a small network's run. */
    void giveBack(ProgramSession session) {
        if (spare == null && sessions.contains(session)) {
            spare = session;
        } else {
            sessions.remove(session);
            session.release();
        }
    }

    @Override
    public long weightBytes() {
        return weights.layers().bytes();
    }

    @Override
    public void close() {
        sessions.forEach(ProgramSession::release);
        sessions.clear();
        spare = null;
    }
}
