using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed record Sale(DateOnly Date, string Store, string Item, [Range(0, 100_000)][property: Column("sales")] int Units, decimal TotalSalesAmount);

public enum Weather { Sunny, LightRain, Snow }

public sealed record Everything(bool Flag, sbyte Tiny, byte UTiny, short Small, ushort USmall, int? Whole, uint UWhole, long Big, ulong UBig, float Single,
    double? Real,
    [Decimal(28, 10)] decimal Exact, decimal? Price, string Name, string? Note, DateOnly Day, DateTime? At, Weather Weather);

public sealed class RowSchemaTests
{
    [Fact]
    public void A_schema_follows_the_primary_constructor()
    {
        var schema = RowSchema.Of<Everything>();

        Assert.Equal(["flag bool BOOLEAN", "tiny sbyte TINYINT", "u_tiny byte UTINYINT", "small short SMALLINT", "u_small ushort USMALLINT",
            "whole int? INTEGER", "u_whole uint UINTEGER", "big long BIGINT",
            "u_big ulong UBIGINT", "single float FLOAT", "real double? DOUBLE", "exact decimal(28,10) DECIMAL(28,10)", "price decimal(18,4)? DECIMAL(18,4)",
                "name string VARCHAR", "note string? VARCHAR",
            "day DateOnly DATE", "at DateTime? TIMESTAMP", "weather enum(Sunny|LightRain|Snow) VARCHAR"],
                schema.Columns.Select(c => $"{c.Name} {c.TypeName} {c.Type}"));
    }

    [Fact]
    public void A_column_attribute_renames_and_a_range_stays_with_its_column()
    {
        var units = RowSchema.Of<Sale>().OfProperty("Units");

        Assert.Equal("sales", units.Name);
        Assert.Equal(new("0", "100000"), units.Range);
    }

    [Theory]
    [InlineData("TotalSalesAmount", "total_sales_amount")]
    [InlineData("URLPath", "url_path")]
    [InlineData("Lag2Weeks", "lag2_weeks")]
    [InlineData("Q1", "q1")]
    [InlineData("already_snake", "already_snake")]
    [InlineData("X", "x")]
    public void Names_become_snake_case(string pascal, string snake) => Assert.Equal(snake, ColumnName.Snake(pascal));

    [Fact]
    public void A_schema_comes_back_from_json_as_it_was()
    {
        var schema = RowSchema.Of<Everything>();
        var json = schema.ToJson();

        Assert.Equal(schema, RowSchema.FromJson(json));
        Assert.Equal(schema, RowSchema.FromJson(JsonDocument.Parse(json.GetRawText()).RootElement));
        Assert.Equal("""
            {"format":1,"record":"Sale","columns":[
            {"name":"date","property":"Date","kind":"DateOnly"},
            {"name":"store","property":"Store","kind":"String"},
            {"name":"item","property":"Item","kind":"String"},
            {"name":"sales","property":"Units","kind":"Int","range":{"min":"0","max":"100000"}},
            {"name":"total_sales_amount","property":"TotalSalesAmount","kind":"Decimal","precision":18,"scale":4}]}
            """.ReplaceLineEndings(""), RowSchema.Of<Sale>().ToJson().GetRawText());
    }

    [Fact]
    public void A_schema_of_a_newer_kumiki_is_refused()
    {
        var error = Assert.Throws<KumikiException>(() => RowSchema.FromJson(JsonDocument.Parse("""{"format":2,"record":"X","columns":[]}""").RootElement));

        Assert.Equal("This schema has format 2, and this Kumiki reads up to 1: run the newer Kumiki that wrote it.", error.Says.In("en"));
    }

    sealed record Was(DateOnly Date, int Units, [Range(0, 5)] int Grade, string Gone);
    sealed record Now(DateOnly Date, long? Units, [Range(0, 6)] int Grade, string New);
    sealed record Turned(int Units, DateOnly Date, [Range(0, 5)] int Grade, string Gone);

    [Fact]
    public void Differences_are_told_column_by_column()
    {
        Assert.Equal(["Column gone (string) is gone.", "Column units was int and is now long?.", "The range of column grade was [0, 5] and is now [0, 6].",
            "Column new (string) is new."],
            RowSchema.Of<Now>().DifferencesFrom(RowSchema.Of<Was>()).Select(m => m.In("en")));
        Assert.Equal(["The columns were in the order date, units, grade, gone and are now in the order units, date, grade, gone."],
            RowSchema.Of<Turned>().DifferencesFrom(RowSchema.Of<Was>()).Select(m => m.In("en")));
        Assert.Empty(RowSchema.Of<Was>().DifferencesFrom(RowSchema.Of<Was>()));
    }

    sealed record WithGuid(Guid Id);
    sealed record Twice(int Units, [Column("units")] int Pieces);
    sealed record BadDigits([Decimal(10, 12)] decimal X);
    sealed record BadRange([Range(0, 5)] string X);
    sealed record TurnedRange([Range(5, 0)] int X);
    sealed record WithPicture(int Id, [Picture] byte[] Image);
    sealed record BadPicture([Picture] string Image);
    sealed class NoRecord { public int X { get; set; } }

    [Theory]
    [InlineData(typeof(WithGuid), "tables.record-type")]
    [InlineData(typeof(Twice), "tables.record-twice")]
    [InlineData(typeof(BadDigits), "tables.record-digits")]
    [InlineData(typeof(BadRange), "tables.record-range")]
    [InlineData(typeof(TurnedRange), "tables.record-range")]
    [InlineData(typeof(NoRecord), "tables.record-shape")]
    [InlineData(typeof(WithPicture), "tables.record-no-pictures")]
    [InlineData(typeof(BadPicture), "tables.record-picture")]
    public void A_type_that_is_no_row_is_refused_with_its_mend(Type type, string id) =>
        Assert.Equal(id, Assert.Throws<KumikiException>(() => RowSchema.Of(type)).Says.Id);

    [Fact]
    public void A_record_that_is_asked_with_may_have_pictures()
    {
        var column = RowSchema.Of<WithPicture>(pictures: true).Columns[1];

        Assert.Equal(("image", true, false), (column.Name, column.Picture, column.Nullable));
    }
}
