/** Well-formed markup out of data: escaping, numbers as text, tables, the page itself. May use core only. */
package org.mixdq4j.report.html;
