"""What an annotated article is: schema, document, file formats and checks."""
