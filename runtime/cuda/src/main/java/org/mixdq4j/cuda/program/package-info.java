/**
 * Runs lowered programs on a {@link org.mixdq4j.cuda.device.Device}: weights on it once, an arena a session, the steps as
 * launches that are recorded and replayed. May use all of {@code cuda}.
 */
package org.mixdq4j.cuda.program;
