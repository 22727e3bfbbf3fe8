using System.Globalization;
using System.Linq.Expressions;
using Kumiki.Onnx;
using Kumiki.Tables;
using TableKind = Kumiki.Tables.ColumnKind;

namespace Kumiki.Serving;

/// <summary>Reads a rule that is written in C# into data.</summary>
static class RuleOf
{
    static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <exception cref="KumikiException">It does something that cannot be written down; the sentence shows it.</exception>
    public static FieldRule Expression<TRow>(Expression<Func<TRow, bool>> rule) => new Reader(RowSchema.Of<TRow>(pictures: true), rule.Parameters[0]).Read(rule.Body);

    sealed class Reader(RowSchema schema, ParameterExpression row)
    {
        public FieldRule Read(Expression e)
        {
            switch (e)
            {
                case BinaryExpression { NodeType: ExpressionType.AndAlso } and:
                    return new FieldRule.All([.. Flat(and, ExpressionType.AndAlso).Select(Read)]);
                case BinaryExpression { NodeType: ExpressionType.OrElse } or:
                    return new FieldRule.Any([.. Flat(or, ExpressionType.OrElse).Select(Read)]);
                case UnaryExpression { NodeType: ExpressionType.Not } not:
                    return new FieldRule.Not(Read(not.Operand));
                case BinaryExpression compares when OperatorOf(compares.NodeType) is { } sign:
                    return ColumnOf(compares.Left) is { } left ? Compare(left, sign, Constant(compares.Right), e)
                        : ColumnOf(compares.Right) is { } right ? Compare(right, Turned(sign), Constant(compares.Left), e) : throw No(e);
                case MemberExpression { Member.Name: nameof(Nullable<int>.HasValue), Expression: { } of } when ColumnOf(of) is { } has:
                    return new FieldRule.Not(new FieldRule.Missing(has.Schema.Name));
                default:
                    return ColumnOf(e) is { Schema: { Kind: TableKind.Bool } flag } ? new FieldRule.Compares(flag.Name, "=", 1) : throw No(e);
            }
        }

        static IEnumerable<Expression> Flat(BinaryExpression e, ExpressionType type) =>
            [.. e.Left is BinaryExpression left && left.NodeType == type ? Flat(left, type) : [e.Left], .. e.Right is BinaryExpression right && right.NodeType == type ? Flat(right, type) : [e.Right]];

        static FieldRule Compare((ColumnSchema Schema, Type Type) of, string sign, object? value, Expression e)
        {
            var (column, type) = of;
            if (sign == "!=") return new FieldRule.Not(Compare(of, "=", value, e));
            if (value is null) return sign == "=" ? new FieldRule.Missing(column.Name) : throw No(e);
            if (type.IsEnum) return sign == "=" ? new FieldRule.Is(column.Name, [Enum.ToObject(type, value).ToString()!]) : throw No(e);
            return value switch
            {
                string text when sign == "=" => new FieldRule.Is(column.Name, [text]),
                DateOnly day => new FieldRule.Compares(column.Name, sign, day.DayNumber - Epoch),
                bool flag when sign == "=" => new FieldRule.Compares(column.Name, sign, flag ? 1 : 0),
                IConvertible number and not string and not bool => new FieldRule.Compares(column.Name, sign, Convert.ToDouble(number, CultureInfo.InvariantCulture)),
                _ => throw No(e),
            };
        }

        /// <summary>The column an expression is, and its type in C# without its question mark; null when it is none.</summary>
        (ColumnSchema Schema, Type Type)? ColumnOf(Expression e)
        {
            while (e is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.ConvertChecked } convert) e = convert.Operand;
            if (e is MemberExpression { Member.Name: nameof(Nullable<int>.Value), Expression: { } of } && Nullable.GetUnderlyingType(of.Type) is not null) e = of;
            return Uses(e) && Member.PathOf(e) is { } path ? (schema.OfProperty(path), Nullable.GetUnderlyingType(e.Type) ?? e.Type) : null;
        }

        /// <summary>Whether it reads the row.</summary>
        bool Uses(Expression e)
        {
            var finder = new Finder(row);
            finder.Visit(e);
            return finder.Found;
        }

        object? Constant(Expression e) => Uses(e) ? throw No(e) : System.Linq.Expressions.Expression.Lambda(e).Compile().DynamicInvoke();

        static string? OperatorOf(ExpressionType type) => type switch
        {
            ExpressionType.LessThan => "<",
            ExpressionType.LessThanOrEqual => "<=",
            ExpressionType.Equal => "=",
            ExpressionType.NotEqual => "!=",
            ExpressionType.GreaterThanOrEqual => ">=",
            ExpressionType.GreaterThan => ">",
            _ => null,
        };

        static string Turned(string sign) => sign switch { "<" => ">", "<=" => ">=", ">=" => "<=", ">" => "<", _ => sign };

        static KumikiException No(Expression e) => new(Message.Of("endpoint.rule-expression", ("expression", e)));
    }

    sealed class Finder(ParameterExpression row) : ExpressionVisitor
    {
        public bool Found { get; private set; }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            Found |= node == row;
            return node;
        }
    }
}
