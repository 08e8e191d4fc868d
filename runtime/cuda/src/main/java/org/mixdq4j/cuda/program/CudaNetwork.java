package org.mixdq4j.cuda.program;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Program;

/** A program and the weights it runs with. The first session is made when it is planned, so that weights are there then. */
final class CudaNetwork implements Network {
    private final Graph graph;
    private final Program program;
    private final CudaWeights weights;
    private final List<CudaSession> sessions = new ArrayList<>();
    private CudaSession spare;

    CudaNetwork(Graph graph, Program program, CudaWeights weights) {
        this.graph = graph;
        this.program = program;
        this.weights = weights;
        this.spare = open();
    }

    private CudaSession open() {
        CudaSession session = new CudaSession(this, weights);
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
        CudaSession session = spare == null ? open() : spare;
        spare = null;
        return session;
    }

    /** One that was used may serve again: to prepare its launches anew would take longer than a small network's run. */
    void giveBack(CudaSession session) {
        if (spare == null && sessions.contains(session)) {
            spare = session;
        } else {
            sessions.remove(session);
            session.release();
        }
    }

    @Override
    public long weightBytes() {
        return weights.constants().bytes();
    }

    @Override
    public void close() {
        sessions.forEach(CudaSession::release);
        sessions.clear();
        spare = null;
    }
}
