/**
 * What was measured so far, on disk line by line, so that a killed run goes on. May use
 * core, sensitivity.variant and sensitivity.measure.
 */
package org.mixdq4j.sensitivity.journal;
