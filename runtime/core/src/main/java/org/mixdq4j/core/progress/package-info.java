/** How long work reports what it has done; the command line decides how that looks. May use the JDK only. */
package org.mixdq4j.core.progress;
