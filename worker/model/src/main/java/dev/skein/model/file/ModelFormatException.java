package dev.skein.model.file;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A model file that cannot be used. The message is one sentence that names the file, the fault and,
 * where there is one, the mend; it is meant to be shown to the user as it is.
 */
public final class ModelFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public ModelFormatException(String message) {
    super(message);
  }

  /** A fault of {@code file}: "file: fault; mend". */
  public static ModelFormatException of(Path file, String fault, String mend) {
    return new ModelFormatException(file + ": " + fault + "; " + mend);
  }

  /** A fault of {@code file} that only another copy of it mends. */
  public static ModelFormatException damaged(Path file, String fault) {
    return of(file, fault, "the file is damaged or incomplete, fetch it again");
  }
}
