package org.mixdq4j.core.error;

/** The command was called with arguments that cannot work together or name nothing; the command line exits with 2. */
public class UsageException extends MixdqException {
    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }
}
