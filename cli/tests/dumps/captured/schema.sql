CREATE DATABASE `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */;
USE `shop`;

CREATE TABLE `customers` (
  `id` int NOT NULL AUTO_INCREMENT,
  `email` varchar(100) NOT NULL,
  `country` char(2) NOT NULL,
  `note` text,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`),
  KEY `country` (`country`)
) ENGINE=InnoDB AUTO_INCREMENT=1024 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `lines_` (
  `order_id` int NOT NULL,
  `line` int NOT NULL,
  `sku` varchar(20) NOT NULL,
  `amount` int NOT NULL,
  PRIMARY KEY (`order_id`,`line`),
  KEY `sku` (`sku`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

CREATE TABLE `orders` (
  `id` int NOT NULL AUTO_INCREMENT,
  `customer_id` int NOT NULL,
  `placed` date NOT NULL,
  `total` decimal(10,2) NOT NULL,
  PRIMARY KEY (`id`,`placed`),
  KEY `customer` (`customer_id`,`placed`)
) ENGINE=InnoDB AUTO_INCREMENT=5001 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
/*!50100 PARTITION BY RANGE (year(`placed`))
(PARTITION p24 VALUES LESS THAN (2025) ENGINE = InnoDB,
 PARTITION p25 VALUES LESS THAN (2026) ENGINE = InnoDB,
 PARTITION pmax VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */;

CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `shop`.`german` AS select `shop`.`customers`.`id` AS `id`,`shop`.`customers`.`email` AS `email` from `shop`.`customers` where (`shop`.`customers`.`country` = 'de');

DELIMITER ;;
CREATE DEFINER=`root`@`localhost` FUNCTION `vat`(net DECIMAL(10,2)) RETURNS decimal(10,2)
    DETERMINISTIC
RETURN net * 1.19;;
DELIMITER ;
