namespace Kumiki.Tables;

/// <summary>How our Parquet files are written: the same everywhere, because the same rows must be the same bytes.</summary>
static class ParquetForm
{
    internal const string Options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880, PARQUET_VERSION v1";
}
