package org.mixdq4j.core.error;

/**
 * A failure whose message is written for the person at the terminal: one sentence that says what was found, what was
 * expected and what to do. The command line prints the message alone and exits with 1.
 */
public class MixdqException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MixdqException(String message) {
        super(message);
    }

    public MixdqException(String message, Throwable cause) {
        super(message, cause);
    }
}
